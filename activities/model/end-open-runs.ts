/** What a run left open in MLflow when it ended is ended there, too. */
import type { RunContext } from '#contracts/run.ts';
import type { Tracking } from '#ports/tracking.ts';
import { endOpen } from './open-runs.ts';
import { experimentName } from './trainer-job/trainer-job.ts';

/** All of a pipeline's run. Nobody of it may still be at work. */
export async function endOpenRuns(
  tracking: Tracking,
  run: Pick<RunContext, 'id' | 'pipeline' | 'environment'>,
  status: 'FAILED' | 'KILLED',
): Promise<void> {
  const experiment = await tracking.ensureExperiment(experimentName(run));
  await endOpen(tracking, await tracking.runsTagged(experiment, 'ratchet.run', run.id), status, run.id);
}
