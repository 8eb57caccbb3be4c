/** The local activities of a run: seconds at most, and safe to repeat. They throw UserError; see `asActivities`. */
import { createHash } from 'node:crypto';
import type { RunActivities } from '#contracts/activities.ts';
import { canonicalJson } from '#contracts/json.ts';
import { type PlanDeps, planRun } from './plan-run.ts';
import { writeRecord } from './records.ts';

export function createRunActivities(deps: PlanDeps): RunActivities {
  return {
    planRun: (request) => planRun(deps, request),
    // Whoever runs this is alive and serves its own machine's queue.
    placeJob: async () => ({ host: deps.host }),
    digestEvidence: async (evidence) => ({
      digest: createHash('sha256').update(canonicalJson(evidence)).digest('hex'),
    }),
    writeRecord: (record) => writeRecord(deps.store, record),
  };
}
