/** The mutant of activities/release/create-version.ts: creates, and neither looks before nor reads back. */

import type { ModelActivities } from '#contracts/activities.ts';
import type { Tracking } from '#ports/tracking.ts';

export function createVersionActivity(registry: Pick<Tracking, 'createVersion'>): ModelActivities['createVersion'] {
  return async ({ model, candidate, verdict, description, tags }) => {
    const made = await registry.createVersion({
      model,
      source: candidate.uri,
      runId: candidate.runId,
      description,
      tags,
    });
    const version = {
      kind: 'version' as const,
      model: made.model,
      version: made.version,
      digest: candidate.digest,
      runId: candidate.runId,
      uri: candidate.uri,
      verdict: { digest: verdict.digest, against: verdict.against },
    };
    return { version, already: false };
  };
}
