/** The activity of every step: one call of it, or a batch of them. */
import { Context } from '@temporalio/activity';
import { type BatchAnswer, BatchCall } from '#contracts/batch.ts';
import type { StepOutcome } from '#contracts/run.ts';
import { performBatch } from './batch/perform-batch.ts';
import { createDispatch, type DispatchDeps } from './dispatch.ts';

/** Made once a worker; register the function it gives as the activity `default`, which takes every type that nobody else does. */
export function createStepActivity(deps: DispatchDeps): (raw: unknown) => Promise<StepOutcome | BatchAnswer> {
  const single = createDispatch(deps);
  return async (raw) => {
    const batch = BatchCall.safeParse(raw);
    return batch.success ? performBatch(deps, batch.data, Context.current()) : single(raw);
  };
}
