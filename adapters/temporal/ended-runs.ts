/** Runs that have ended, as Temporal still knows them. */
import type { Client } from '@temporalio/client';
import { reservedWorkflowTypes } from '#contracts/names.ts';

const badEnds = { FAILED: 'Failed', CANCELLED: 'Canceled', TERMINATED: 'Terminated', TIMED_OUT: 'TimedOut' } as const;
type End = keyof typeof badEnds | 'COMPLETED';

export interface EndedRun {
  /** The workflow id. */
  id: string;
  pipeline: string;
  end: End;
  /** When it ended, in ms since the epoch by the server's clock. */
  closedAt: number;
}

const isEnd = (name: string): name is End => name in badEnds || name === 'COMPLETED';

/**
 * Runs of a task queue that failed, were cancelled, or were ended by force since `bad`, and those that completed since `well`.
 * The listing lags by a second or so.
 */
export async function* endedRuns(
  client: Client,
  queue: string,
  since: { bad: Date; well: Date },
): AsyncGenerator<EndedRun> {
  const which = Object.values(badEnds)
    .map((status) => `'${status}'`)
    .join(', ');
  const bad = `ExecutionStatus IN (${which}) AND CloseTime > '${since.bad.toISOString()}'`;
  const well = `ExecutionStatus = 'Completed' AND CloseTime > '${since.well.toISOString()}'`;
  const query = `TaskQueue = '${queue}' AND ((${bad}) OR (${well}))`;
  for await (const { workflowId, type, status, closeTime } of client.workflow.list({ query })) {
    if ((reservedWorkflowTypes as readonly string[]).includes(type) || !isEnd(status.name)) continue;
    yield { id: workflowId, pipeline: type, end: status.name, closedAt: closeTime?.getTime() ?? 0 };
  }
}
