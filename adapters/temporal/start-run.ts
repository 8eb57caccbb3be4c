/** Starts a run by its pipeline's name, once per trigger, and follows it. */

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Client,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Trigger } from '#contracts/data.ts';
import { canonicalJson, type Json } from '#contracts/json.ts';
import { progressQuery } from '#contracts/messages.ts';
import { taskQueue, workflowId } from '#contracts/names.ts';
import type { RunEnvelope, RunProgress, RunResult } from '#contracts/run.ts';
import { searchAttribute } from '#contracts/search-attribute.ts';
import { withLastWords } from './last-words.ts';

export interface StartRun {
  pipeline: string;
  /** Plain JSON; the planner checks it against the pipeline's schema. */
  params?: Json;
  /** Why it runs. The same `id` twice is one run. Default: by hand, with an id of its own. */
  trigger?: Partial<Trigger>;
  /** ISO time that the run is made for; default now. */
  asOf?: string;
  /** Default `dev`. */
  environment?: string;
  /** Take up an earlier run; see RunEnvelope. */
  resume?: RunEnvelope['resume'];
  /** Instead of `run/<pipeline>/<trigger id>`: `run/…/r2` of a retry. */
  runId?: string;
}

/**
 * The run failed or was cancelled. `result` tells its nodes; null when it failed before there were any.
 * @example
 * ```ts
 * const run = await startPipeline(client, churn, {});
 * await run.result().catch((error: unknown) => {
 *   if (error instanceof RunEnded) console.error(error.status, error.failure?.message);
 *   else throw error;
 * });
 * ```
 */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';
  readonly runId: string;
  readonly status: 'failed' | 'cancelled';
  readonly result: RunResult | null;
  readonly failure: { type: string; message: string; node: string | null } | null;
  constructor(
    runId: string,
    status: RunEnded['status'],
    message: string,
    result: RunResult | null,
    failure: RunEnded['failure'],
    cause: unknown,
  ) {
    super(message, { cause });
    this.runId = runId;
    this.status = status;
    this.result = result;
    this.failure = failure;
  }
}

export interface StartedRun {
  readonly runId: string;
  /** true: the trigger had started this run before. */
  readonly already: boolean;
  readonly workflow: WorkflowHandle;
}

/** Starts the run, or finds the one that the same trigger started before, running or over. */
export async function startRun(client: Client, start: StartRun): Promise<StartedRun> {
  const at = new Date().toISOString();
  const trigger: Trigger = {
    kind: 'manual',
    id: newTriggerId(at),
    reason: 'started by hand',
    figures: {},
    who: 'unknown',
    at,
    ...start.trigger,
  };
  const { pipeline, params = {}, asOf, environment = 'dev', resume } = start;
  const runId = start.runId ?? workflowId.run(pipeline, trigger.id);
  const envelope: RunEnvelope = { trigger, environment, ...(asOf ? { asOf } : {}), ...(resume ? { resume } : {}) };
  try {
    const workflow = await client.workflow.start(pipeline, {
      workflowId: runId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      taskQueue: taskQueue.control(environment),
      args: [params, envelope],
      typedSearchAttributes: [
        searchAttribute('RatchetPipeline', pipeline),
        searchAttribute('RatchetTrigger', trigger.kind),
      ],
      staticSummary: trigger.reason.slice(0, 200),
      staticDetails: `Trigger: ${trigger.kind}, by ${trigger.who}`,
    });
    return { runId, already: false, workflow };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return { runId, already: true, workflow: client.workflow.getHandle(runId) };
  }
}

/** Sorts by time, and two made in one second differ. */
function newTriggerId(at: string): string {
  return `${at.slice(0, 19).replace(/[-:]/g, '')}Z-${randomBytes(3).toString('hex')}`;
}

/** What the run ended with. Throws RunEnded for a run that failed or was cancelled. */
export async function runResult(workflow: WorkflowHandle): Promise<RunResult> {
  try {
    return (await workflow.result()) as RunResult;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    if (cause instanceof CancelledFailure)
      throw new RunEnded(workflow.workflowId, 'cancelled', `${workflow.workflowId} was cancelled`, null, null, error);
    if (!(cause instanceof ApplicationFailure))
      throw new RunEnded(workflow.workflowId, 'failed', cause?.message ?? error.message, null, null, error);
    const [result, failure] = (cause.details ?? []) as [RunResult?, RunEnded['failure']?];
    throw new RunEnded(workflow.workflowId, 'failed', cause.message, result ?? null, failure ?? null, error);
  }
}

/**
 * The run's progress each time that it changed, until it is over; the last one tells how it ended. Asks every
 * `everyMs` (default 500). While no worker is there to answer, waits for one.
 */
export async function* followRun(workflow: WorkflowHandle, everyMs = 500): AsyncGenerator<RunProgress, void, void> {
  const end = new AbortController();
  const over = workflow.result().then(
    () => end.abort(),
    () => end.abort(),
  );
  let last = '';
  for (let ended = false; ; ) {
    const progress = await ask(workflow);
    const text = progress ? canonicalJson(progress) : last;
    if (progress && text !== last) yield progress;
    last = text;
    if (ended) break;
    await pause(everyMs, undefined, { signal: end.signal }).catch(() => undefined);
    ended = end.signal.aborted;
  }
  await over;
}

/** null when nobody answers now: no worker, or one that is too busy. */
async function ask(workflow: WorkflowHandle): Promise<RunProgress | null> {
  try {
    return await withLastWords(workflow, await workflow.query(progressQuery));
  } catch (error) {
    if (isGrpcServiceError(error) || (error instanceof Error && isGrpcServiceError(error.cause))) return null;
    throw error;
  }
}
