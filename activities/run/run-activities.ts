/** The local activities of a run: seconds at most, and safe to repeat. They throw UserError; see `asActivities`. */

import { asyncLocalStorage } from '@temporalio/activity';
import type { PinActivities, RunActivities } from '#contracts/activities.ts';
import { canonicalJson } from '#contracts/json.ts';
import { writeRecord } from '#records/runs.ts';
import { sha256 } from '../sha256.ts';
import { pinSteps } from './pin-steps.ts';
import { type PlanDeps, planRun } from './plan-run.ts';
import { PlanningDeaths } from './planning-deaths.ts';
import { keepInput } from './step-inputs.ts';

/** An ordinary activity of two minutes that hears nothing: an attempt that is given up must not go on waiting for its turn. */
const PIN_LIMIT_MS = 100_000;

export function createRunActivities(deps: PlanDeps): RunActivities & PinActivities {
  const deaths = new PlanningDeaths();
  return {
    planRun: (request) => deaths.count(request.workflowId, () => planRun(deps, request, unwanted())),
    // Whoever runs this is alive and serves its own machine's queue.
    placeJob: async () => ({ host: deps.host }),
    keepInput: (input) => keepInput(deps.store, input),
    digestEvidence: async (evidence) => ({
      digest: sha256(canonicalJson(evidence)),
    }),
    pinSteps: (request) =>
      deaths.count(request.workflowId, () => pinSteps(deps, request, AbortSignal.timeout(PIN_LIMIT_MS))),
    writeRecord: (record) => writeRecord(deps.store, record),
  };
}

/**
 * Aborted when the run is cancelled or the attempt out of time. A worker that stops is neither: as a cancelled plan it would
 * cancel its run, so that it ends as any failure, and the next worker plans.
 */
function unwanted(): AbortSignal | undefined {
  const signal = asyncLocalStorage.getStore()?.cancellationSignal;
  if (!signal) return undefined;
  const told = new AbortController();
  const tell = () => {
    const { reason } = signal;
    const cancelled = reason instanceof Error && reason.message === 'CANCELLED';
    told.abort(cancelled ? reason : new Error('The plan was given up before its turn came: it is tried again.'));
  };
  if (signal.aborted) tell();
  else signal.addEventListener('abort', tell, { once: true });
  return told.signal;
}
