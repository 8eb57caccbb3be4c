/** The local activities of a run: seconds at most, and safe to repeat. */
import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { RunActivities } from '#contracts/activities.ts';
import { nonRetryable, UserError } from '#contracts/failures.ts';
import { canonicalJson } from '#contracts/json.ts';
import { type PlanDeps, planRun } from './plan-run.ts';
import { writeRecord } from './records.ts';

export function createRunActivities(deps: PlanDeps): RunActivities {
  return {
    planRun: (request) => told(planRun(deps, request)),
    // Whoever runs this is alive and serves its own machine's queue.
    placeJob: async () => ({ host: deps.host }),
    digestEvidence: async (evidence) => ({
      digest: createHash('sha256').update(canonicalJson(evidence)).digest('hex'),
    }),
    writeRecord: (record) => told(writeRecord(deps.store, record)),
  };
}

/** A mistake of the user's ends the run with its message; anything else is tried again. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const failure = ApplicationFailure.create({
      type: error.type,
      message: error.message,
      nonRetryable: nonRetryable.includes(error.type),
    });
    failure.stack = '';
    throw failure;
  }
}
