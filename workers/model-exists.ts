import type { Tracking } from '#activities/ports/tracking.ts';
import type { ModelRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';

/** A model's files need not be in our store: MLflow is asked whether the run that logged it is still there. */
export async function modelExists(tracking: Pick<Tracking, 'run'>, model: ModelRef): Promise<boolean> {
  try {
    await tracking.run(model.runId);
    return true;
  } catch (error) {
    if (error instanceof UserError && error.type === 'OutsideRefused') return false;
    throw error;
  }
}
