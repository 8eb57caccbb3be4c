/** Runs in MLflow that nobody goes on with. */
import type { TrackedRun, Tracking } from '#ports/tracking.ts';

/** Those of `runs` that are open, what their programs began below them first. Safe to repeat. */
export async function endOpen(
  tracking: Pick<Tracking, 'runsTagged' | 'finish'>,
  runs: readonly TrackedRun[],
  status: 'FAILED' | 'KILLED',
): Promise<void> {
  for (const { experimentId, runId } of runs.filter((run) => run.status === 'RUNNING')) {
    const below = await tracking.runsTagged(experimentId, 'mlflow.parentRunId', runId);
    await endOpen(tracking, below, status);
    await tracking.finish(runId, status);
  }
}
