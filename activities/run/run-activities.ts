/** The local activities of a run: seconds at most, and safe to repeat. They throw UserError; see `asActivities`. */
import { createHash } from 'node:crypto';
import type { PinActivities, RunActivities } from '#contracts/activities.ts';
import { canonicalJson } from '#contracts/json.ts';
import { pinSteps } from './pin-steps.ts';
import { type PlanDeps, planRun } from './plan-run.ts';
import { PlanningDeaths } from './planning-deaths.ts';
import { writeRecord } from './records.ts';
import { keepInput } from './step-inputs.ts';

export function createRunActivities(deps: PlanDeps): RunActivities & PinActivities {
  const deaths = new PlanningDeaths();
  return {
    planRun: (request) => deaths.count(request.workflowId, () => planRun(deps, request)),
    // Whoever runs this is alive and serves its own machine's queue.
    placeJob: async () => ({ host: deps.host }),
    keepInput: (input) => keepInput(deps.store, input),
    digestEvidence: async (evidence) => ({
      digest: createHash('sha256').update(canonicalJson(evidence)).digest('hex'),
    }),
    pinSteps: (request) => deaths.count(request.workflowId, () => pinSteps(deps, request)),
    writeRecord: (record) => writeRecord(deps.store, record),
  };
}
