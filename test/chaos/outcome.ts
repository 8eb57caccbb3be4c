/** What must hold after each death, read from MLflow, Temporal and the store, not from what the run says of itself. */
import { setTimeout as pause } from 'node:timers/promises';
import { isGrpcServiceError, type WorkflowHandle } from '@temporalio/client';
import { runResult } from '#adapters/temporal/start-run.ts';
import type { RunResult } from '#contracts/run.ts';
import type { World } from '../world/world.ts';
import { running, type Struck } from './strikes.ts';

export interface Row {
  scenario: string;
  killedBy: string;
  /** Seconds from the kill until a worker had the stage again (or what the row says instead). */
  resumed: number | null;
  versions: string;
  champion: string;
  steps: string;
  result: string;
  /** Empty for a green row. */
  problems: string[];
}

/** The result, through any time in which Temporal itself is away. Rejects after `limit` ms. */
export async function resultOf(workflow: WorkflowHandle, limit = 420_000): Promise<RunResult> {
  const deadline = Date.now() + limit;
  for (;;) {
    try {
      return await Promise.race([
        runResult(workflow),
        pause(Math.max(0, deadline - Date.now()), undefined, { ref: false }).then(() => {
          throw new Error(`${workflow.workflowId} had not ended after ${limit / 1_000} s`);
        }),
      ]);
    } catch (error) {
      const away = isGrpcServiceError(error) || (error instanceof Error && isGrpcServiceError(error.cause));
      if (!away || Date.now() > deadline) throw error;
      await pause(200);
    }
  }
}

/**
 * Seconds until a worker other than the dead one had the stage: Temporal's own times of the attempt's start. Null when
 * the stage ended in the attempt that was hit.
 */
export async function resumedAfter(
  world: World,
  runId: string,
  stage: string,
  { at, attempt }: Struck,
  over: AbortSignal,
): Promise<number | null> {
  while (!over.aborted) {
    const now = await running(world, runId, stage).catch(() => null);
    if (now && now.attempt > attempt) return (now.startedAt - at) / 1_000;
    await pause(250, undefined, { signal: over }).catch(() => undefined);
  }
  // Too quick to be seen running: the history tells.
  const { events } = await world.client.workflow.getHandle(runId).fetchHistory();
  const scheduled = events?.find((event) => event.activityTaskScheduledEventAttributes?.activityId === stage);
  const started = events?.find(
    (event) => String(event.activityTaskStartedEventAttributes?.scheduledEventId) === String(scheduled?.eventId),
  );
  if (!started?.eventTime || (started.activityTaskStartedEventAttributes?.attempt ?? 1) <= attempt) return null;
  return (Number(started.eventTime.seconds) * 1_000 + Number(started.eventTime.nanos ?? 0) / 1e6 - at) / 1_000;
}

/** Versions, champion, metric steps and record of one run that was to be promoted. */
export async function examine(
  world: World,
  options: { runId: string; model: string; result: RunResult; epochs: number },
): Promise<Pick<Row, 'versions' | 'champion' | 'steps' | 'result' | 'problems'>> {
  const { runId, model, result, epochs } = options;
  const problems: string[] = [];
  const versions = await world.tracking.versions(model);
  const champion = await world.tracking.alias(model, 'champion');
  if (versions.length !== 1) problems.push(`${versions.length} versions of ${model}`);
  if (!champion || champion.version !== versions[0]?.version)
    problems.push(`champion is ${champion?.version ?? 'nobody'}`);
  if (result.status !== 'promoted' && result.status !== 'already-champion') problems.push(`the run ${result.status}`);

  const record = await world.record(runId);
  if (!record) problems.push('no record was written');
  const training = record?.outcomes.find(({ id }) => id === 'train');
  const { model: candidate } = (training?.output ?? {}) as { model?: { runId: string } };
  let steps = 'none';
  if (candidate) {
    const history = await world.tracking.metricHistory(candidate.runId, 'auc');
    const found = history.map(({ step }) => step);
    const wanted = Array.from({ length: epochs }, (_, index) => index + 1);
    const good = JSON.stringify(found) === JSON.stringify(wanted);
    steps = good ? `1–${epochs}, each once` : found.join(' ');
    if (!good) problems.push(`metric steps are ${found.join(' ')}, not 1 to ${epochs}`);
    const { status } = await world.tracking.run(candidate.runId);
    if (status !== 'FINISHED') problems.push(`the training's MLflow run is ${status}`);
  } else problems.push('the record tells of no training');
  return {
    versions: String(versions.length),
    champion: champion?.version ?? 'none',
    steps,
    result: result.status,
    problems,
  };
}
