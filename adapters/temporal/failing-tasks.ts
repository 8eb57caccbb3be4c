/**
 * Workflow tasks that fail again and again. Temporal repeats them without end and calls the workflow running, so that
 * whoever waits for it hears nothing: here they are looked for, with the reason that the server recorded.
 */
import {
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { FailingTask } from '#contracts/failing-task.ts';

/** A worker that dies or is exchanged costs an attempt or two: from so many on a task counts as failing. */
const FAILURES = 3;
/** What the server writes of a task's failures are a few events at the history's end; signals may come after them. */
const LOOK_BACK = 200;
/** Children of a wide map that go on at once are far fewer. */
const CHILDREN = 50;

/** As the server's API numbers them: WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR, TIMEOUT_TYPE_SCHEDULE_TO_START. */
const NON_DETERMINISTIC = 24;
const SCHEDULE_TO_START = 2;

/**
 * The task that keeps this workflow from going on: its own, or that of a child which it waits for. Null while there is none,
 * also for a workflow that is over.
 * @param described when it was asked for already
 * @throws WorkflowNotFoundError
 */
export async function failingTask(
  handle: WorkflowHandle,
  described?: WorkflowExecutionDescription,
): Promise<FailingTask | null> {
  const { status, raw, runId } = described ?? (await handle.describe());
  if (status.name !== 'RUNNING') return null;
  const failures = Number(raw.pendingWorkflowTask?.attempt ?? 1) - 1;
  if (failures >= FAILURES) {
    const { originalScheduledTime, scheduledTime } = raw.pendingWorkflowTask ?? {};
    const since = originalScheduledTime ?? scheduledTime;
    return {
      workflow: handle.workflowId,
      failures,
      since: new Date(Number(since?.seconds ?? 0) * 1_000).toISOString(),
      reason: await lastFailure(handle, runId),
    };
  }
  for (const { workflowId } of (raw.pendingChildren ?? []).slice(0, CHILDREN)) {
    if (!workflowId) continue;
    const child = handle.client.getHandle(workflowId);
    const found = await failingTask(child).catch(unlessGone);
    if (found) return found;
  }
  return null;
}

/** It ended, and was forgotten, between two looks. */
function unlessGone(error: unknown): null {
  if (error instanceof WorkflowNotFoundError) return null;
  throw error;
}

/**
 * Ids of all workflows of the namespace, loops and models too, whose tasks fail: as the server lists them, after as many
 * failures as it is set to. None from a server that does not list them.
 */
export async function workflowsThatFail(client: Client, limit: number): Promise<string[]> {
  const query = "ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL";
  const ids: string[] = [];
  try {
    for await (const { workflowId } of client.workflow.list({ query })) {
      ids.push(workflowId);
      if (ids.length >= limit) break;
    }
  } catch (error) {
    // Servers before 1.30 know no such attribute.
    if (!(error instanceof Error) || !/TemporalReportedProblems|search attribute/i.test(String(error.cause ?? error)))
      throw error;
  }
  return ids;
}

/** The server records the first failure of a task, not those of its repetitions. */
async function lastFailure({ client, workflowId }: WorkflowHandle, runId: string): Promise<string> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: LOOK_BACK,
  });
  for (const event of history?.events ?? []) {
    const failed = event.workflowTaskFailedEventAttributes;
    if (failed) return failureInWords(failed);
    const timedOut = event.workflowTaskTimedOutEventAttributes;
    if (timedOut)
      return timedOut.timeoutType === SCHEDULE_TO_START
        ? 'no worker took it'
        : 'the worker that had it did not answer in time: it died, or its machine is too busy';
    if (event.workflowTaskCompletedEventAttributes) break;
  }
  return 'the server does not say why';
}

function failureInWords({
  cause,
  failure,
}: {
  cause?: number | null;
  failure?: { message?: string | null } | null;
}): string {
  const message = (failure?.message || 'no message').split('\n')[0]?.slice(0, 1_000) ?? '';
  if (cause === NON_DETERMINISTIC)
    return `the workflows of this worker are of another version than those that it began with (${message})`;
  return message;
}
