/** Runs that did not end well, as Temporal still knows them. */
import type { Client } from '@temporalio/client';
import { reservedWorkflowTypes } from '#contracts/names.ts';

const ends = { FAILED: 'Failed', CANCELLED: 'Canceled', TERMINATED: 'Terminated', TIMED_OUT: 'TimedOut' } as const;
type BadEnd = keyof typeof ends;

export interface EndedRun {
  /** The workflow id. */
  id: string;
  pipeline: string;
  end: BadEnd;
  /** When it ended, in ms since the epoch by the server's clock. */
  closedAt: number;
}

/** Runs of a task queue that failed, were cancelled, or were ended by force since then. The listing lags by a second or so. */
export async function* endedRuns(client: Client, queue: string, since: Date): AsyncGenerator<EndedRun> {
  const which = Object.values(ends)
    .map((status) => `'${status}'`)
    .join(', ');
  const query = `TaskQueue = '${queue}' AND ExecutionStatus IN (${which}) AND CloseTime > '${since.toISOString()}'`;
  for await (const { workflowId, type, status, closeTime } of client.workflow.list({ query })) {
    if ((reservedWorkflowTypes as readonly string[]).includes(type) || !(status.name in ends)) continue;
    yield { id: workflowId, pipeline: type, end: status.name as BadEnd, closedAt: closeTime?.getTime() ?? 0 };
  }
}
