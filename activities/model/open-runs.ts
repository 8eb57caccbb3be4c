/** Runs in MLflow that nobody goes on with. */
import type { TrackedRun, Tracking } from '#ports/tracking.ts';

/**
 * Those of `runs` that are open, what their programs began below them first. Safe to repeat.
 * @param owner the pipeline run that they are ended for: one that another run takes over meanwhile is that one's, and goes on
 */
export async function endOpen(
  tracking: Pick<Tracking, 'run' | 'runsTagged' | 'finish' | 'reopen'>,
  runs: readonly TrackedRun[],
  status: 'FAILED' | 'KILLED',
  owner?: string,
): Promise<void> {
  const moved = async (runId: string) =>
    owner !== undefined && ((await tracking.run(runId)).tags['ratchet.run'] ?? owner) !== owner;
  for (const { experimentId, runId } of runs.filter((run) => run.status === 'RUNNING')) {
    if (await moved(runId)) continue;
    const below = await tracking.runsTagged(experimentId, 'mlflow.parentRunId', runId);
    await endOpen(tracking, below, status, owner);
    await tracking.finish(runId, status);
    // Whoever takes a run over names it first and opens it then: named before this end, it was opened before it, too.
    if (await moved(runId)) await tracking.reopen(runId);
  }
}
