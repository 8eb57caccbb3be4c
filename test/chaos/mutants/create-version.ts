/** The mutant of activities/release/create-version.ts: creates, and neither looks before nor reads back. */

import type { ModelActivities } from '#contracts/activities.ts';
import type { RegisteredVersion, Tracking } from '#ports/tracking.ts';

// Whatever else the module has is its own; what is declared here takes the place of what is called so there.
export * from '#activities/release/create-version.ts';

/** Leaves all of them: what looks for surplus versions after a run would tidy up behind the mutant. */
export const settle = async (
  _registry: Pick<Tracking, 'deleteVersion'>,
  versions: RegisteredVersion[],
): Promise<RegisteredVersion | null> => versions[0] ?? null;

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
