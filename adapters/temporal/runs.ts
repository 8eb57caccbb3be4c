/** Runs as Temporal knows them now: listing, cancelling, approving, asking. Older ones are in the store's records. */
import { type Client, isGrpcServiceError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { ApproveRequest } from '#contracts/approve-request.ts';
import { type FailingTask, failingInWords } from '#contracts/failing-task.ts';
import { UserError } from '#contracts/failures.ts';
import { approveUpdate, nodeProgressSignal, progressQuery } from '#contracts/messages.ts';
import { reservedWorkflowTypes, type searchAttributes } from '#contracts/names.ts';
import type { RunProgress } from '#contracts/run.ts';
import { failingTask } from './failing-tasks.ts';
import { withLastWords } from './last-words.ts';

export interface RunFilter {
  pipeline?: string;
  /** Kind of trigger. */
  trigger?: string;
  stage?: string;
  verdict?: string;
  modelVersion?: string;
  dataDigest?: string;
  /** `Running`, `Completed`, `Failed`, `Canceled`, `Terminated`, `TimedOut`. */
  status?: string;
  /** Most runs to answer, newest first; default 100. */
  limit?: number;
}
export interface ListedRun {
  runId: string;
  pipeline: string;
  /** Temporal's word for how the workflow stands: `RUNNING`, `COMPLETED`, `FAILED`, `CANCELLED`, `TERMINATED`. */
  status: string;
  startedAt: string;
  endedAt: string | null;
  trigger: string | null;
  stage: string | null;
  verdict: string | null;
  modelVersion: string | null;
  dataDigest: string | null;
}

const columns = {
  pipeline: 'RatchetPipeline',
  trigger: 'RatchetTrigger',
  stage: 'RatchetStage',
  verdict: 'RatchetVerdict',
  modelVersion: 'RatchetModelVersion',
  dataDigest: 'RatchetDataDigest',
  status: 'ExecutionStatus',
} as const satisfies Record<string, keyof typeof searchAttributes | 'ExecutionStatus'>;

/** Runs by search attribute, newest first. The listing lags behind by a second or so: never decide by it. */
export async function listRuns(client: Client, filter: RunFilter = {}): Promise<ListedRun[]> {
  const conditions = Object.entries(columns).flatMap(([key, column]) => {
    const value = filter[key as keyof typeof columns];
    return value === undefined ? [] : [`${column} = ${quoted(value)}`];
  });
  // Most of Ratchet's own workflows (model/…) have none; a loop is found by its pipeline, and is no run.
  const query = ['RatchetPipeline IS NOT NULL', ...conditions].join(' AND ');
  const runs: ListedRun[] = [];
  for await (const info of client.workflow.list({ query })) {
    if ((reservedWorkflowTypes as readonly string[]).includes(info.type)) continue;
    const attribute = (name: keyof typeof searchAttributes) => {
      const found = info.typedSearchAttributes.getAll().find(({ key }) => key.name === name)?.value;
      return typeof found === 'string' ? found : null;
    };
    runs.push({
      runId: info.workflowId,
      pipeline: info.type,
      status: info.status.name,
      startedAt: info.startTime.toISOString(),
      endedAt: info.closeTime?.toISOString() ?? null,
      trigger: attribute('RatchetTrigger'),
      stage: attribute('RatchetStage'),
      verdict: attribute('RatchetVerdict'),
      modelVersion: attribute('RatchetModelVersion'),
      dataDigest: attribute('RatchetDataDigest'),
    });
    if (runs.length >= (filter.limit ?? 100)) break;
  }
  return runs;
}

/** Values are quoted for Temporal's query language, in which a quote is doubled by a backslash. */
function quoted(value: string): string {
  return `'${value.replace(/['\\]/g, '\\$&')}'`;
}

/**
 * What the run answers now. Also answered for a run that is over, as long as Temporal keeps its history.
 * @throws UserError OutsideUnreachable when no worker is there to answer
 */
export async function runProgress(client: Client, runId: string): Promise<RunProgress> {
  const workflow = client.workflow.getHandle(runId);
  try {
    const progress = await workflow.query(progressQuery);
    if (progress.status !== 'running' && progress.status !== 'waiting') return progress;
    // A run that was ended by force had no time to say so.
    const described = await workflow.describe();
    const { name } = described.status;
    const ended = name === 'CANCELLED' ? 'cancelled' : name === 'TERMINATED' || name === 'TIMED_OUT' ? 'failed' : null;
    return ended ? { ...progress, status: ended, approvals: [] } : await withLastWords(workflow, progress, described);
  } catch (error) {
    const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
    if (!isGrpcServiceError(cause) || !(unanswered as number[]).includes(cause.code)) throw error;
    const described = await workflow.describe();
    const failing = await failingTask(workflow, described);
    if (failing) return { runId, pipeline: described.type, status: 'running', nodes: [], approvals: [], failing };
    throw new UserError(
      'OutsideUnreachable',
      `No worker answers for ${runId}: the run goes on as soon as one is there. Start one with \`ratchet dev\` or \`ratchet worker\`.`,
      { cause: error },
    );
  }
}

/** gRPC's numbers for a question that nobody took: DEADLINE_EXCEEDED, FAILED_PRECONDITION (no poller seen). */
const unanswered = [4, 9];

/** Gives an approval. Throws ApplicationFailure InvalidInput in words when it does not count. */
export async function approveRun(
  client: Client,
  runId: string,
  request: ApproveRequest,
): Promise<{ node: string; given: string[]; quorum: number }> {
  try {
    return await client.workflow.getHandle(runId).executeUpdate(approveUpdate, { args: [request] });
  } catch (error) {
    throw error instanceof WorkflowUpdateFailedError && error.cause ? error.cause : error;
  }
}

/**
 * Asks the run to stop: what runs is told, always-blocks run, the record is written. One whose workflow task fails hears
 * nothing any more: it is ended by force, and so is the child that a run waits for in vain.
 * @param by who asks, in words
 * @returns what was ended by force, and why; null where asking was enough
 */
export async function cancelRun(client: Client, runId: string, by: string): Promise<FailingTask | null> {
  const handle = client.workflow.getHandle(runId);
  const first = await failingTask(handle);
  if (first?.workflow !== runId) await handle.cancel();
  const why = (failing: FailingTask) => `${by} asked it to stop, which it could not hear: ${failingInWords(failing)}`;
  const ended = new Set<string>();
  for (let failing = first; failing && !ended.has(failing.workflow); failing = await failingTask(handle)) {
    await client.workflow.getHandle(failing.workflow).terminate(why(failing));
    ended.add(failing.workflow);
  }
  return first;
}

/**
 * A word of a node that runs long, for the run's page: few of them, each is an event of the history. For a step's dispatcher: the workflow is
 * the activity's own (`activityInfo().workflowExecution.workflowId`), which for an item of a wide map is not the run.
 * Nothing is thrown for a workflow that is over: the word is then of no use.
 */
export async function signalNodeProgress(client: Client, workflow: string, node: string, text: string): Promise<void> {
  try {
    await client.workflow.getHandle(workflow).signal(nodeProgressSignal, { node, text: text.slice(0, 500) });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'WorkflowNotFoundError') throw error;
  }
}
