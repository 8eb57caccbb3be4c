/** The way to `loop/<pipeline>`: evidence by signal, requests by update. Both start the loop when it is not there. */

import { setTimeout as pause } from 'node:timers/promises';
import {
  type Client,
  isGrpcServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { z } from 'zod';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { UserError } from '#contracts/failures.ts';
import type { LoopStatus, RetrainAnswer, RetrainRequest } from '#contracts/loop/answers.ts';
import { type EvidenceInput, type EvidenceKind, evidenceShapes } from '#contracts/loop/evidence.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import {
  configureUpdate,
  loopStatusQuery,
  type PauseRequest,
  pauseUpdate,
  resumeUpdate,
  retrainUpdate,
  type WatchedReport,
  watchedSignal,
} from '#contracts/messages.ts';
import { taskQueue, workflowId } from '#contracts/names.ts';
import { searchAttribute } from '#contracts/search-attribute.ts';

export interface LoopTarget {
  pipeline: string;
  /** Whose worker serves the loop; default `dev`. */
  environment?: string;
}

/**
 * Hands evidence to the loop. When this returns, Temporal has it and it will be decided upon, whatever dies; the same
 * `id` again counts once. Waits for a server that is away, and for a loop that is starting over, up to `patienceMs`.
 * @throws UserError InvalidInput when it is not evidence of this kind
 */
export async function tellLoop<K extends EvidenceKind>(
  client: Client,
  target: LoopTarget,
  kind: K,
  evidence: EvidenceInput<K>,
  patienceMs = 60_000,
): Promise<void> {
  const parsed = evidenceShapes[kind].safeParse(evidence);
  if (!parsed.success)
    throw new UserError(
      'InvalidInput',
      `This is no evidence of the kind ${kind}: ${issuesInWords(parsed.error, evidence)}`,
    );
  await roomFor(client, target.pipeline);
  await signal(client, target, kind, parsed.data, patienceMs);
}

/** From the watch: where it left off. */
export function tellWatched(client: Client, target: LoopTarget, report: WatchedReport): Promise<void> {
  return signal(client, target, watchedSignal.name, report, 60_000);
}

/** Asks for a run. The answer says which run it will be, or why there is none. The same id gets the same answer. */
export function askRetrain(client: Client, target: LoopTarget, request: RetrainRequest): Promise<RetrainAnswer> {
  return ask(client, target, retrainUpdate, request, `retrain/${request.id}`);
}

export function pauseLoop(client: Client, target: LoopTarget, request: PauseRequest): Promise<LoopStatus> {
  return ask(client, target, pauseUpdate, request);
}

/** Also after the circuit breaker opened, or the alias was moved by hand. */
export function resumeLoop(client: Client, target: LoopTarget, request: PauseRequest): Promise<LoopStatus> {
  return ask(client, target, resumeUpdate, request);
}

/** What the loop goes by from now on; starts it. */
export function configureLoop(client: Client, policy: LoopPolicy): Promise<{ changed: boolean }> {
  return ask(client, policy, configureUpdate, policy);
}

/** @returns false when the loop runs already, by whatever policy */
export async function startLoop(client: Client, policy: LoopPolicy): Promise<boolean> {
  const { pipeline, environment } = policy;
  try {
    await client.workflow.start('loop', {
      ...startOptions(policy),
      workflowIdConflictPolicy: 'FAIL',
      args: [{ pipeline, environment, policy }],
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

export async function loopRuns(client: Client, pipeline: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(workflowId.loop(pipeline)).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Ends it for good; a run that it started goes on. */
export async function stopLoop(client: Client, pipeline: string, why: string): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId.loop(pipeline)).terminate(why);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Null when there is no such loop. */
export async function loopStatus(client: Client, { pipeline }: LoopTarget): Promise<LoopStatus | null> {
  try {
    return await client.workflow.getHandle(workflowId.loop(pipeline)).query(loopStatusQuery);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

function startOptions({ pipeline, environment = 'dev' }: LoopTarget) {
  return {
    workflowId: workflowId.loop(pipeline),
    taskQueue: taskQueue.control(environment),
    args: [{ pipeline, environment }],
    typedSearchAttributes: [
      searchAttribute('RatchetPipeline', pipeline),
      // Until its first decision says otherwise: a loop that nobody told anything is found, too.
      searchAttribute('RatchetState', 'idle'),
    ],
    staticSummary: `The loop of ${pipeline}`,
  };
}

async function signal(
  client: Client,
  target: LoopTarget,
  name: string,
  value: unknown,
  patienceMs: number,
): Promise<void> {
  await patiently(
    () =>
      client.workflow.signalWithStart('loop', {
        ...startOptions(target),
        signal: name,
        signalArgs: [value],
      }) as Promise<unknown>,
    patienceMs,
  );
}

async function ask<Answer, Request>(
  client: Client,
  target: LoopTarget,
  update: UpdateDefinition<Answer, [Request]>,
  request: Request,
  updateId?: string,
): Promise<Answer> {
  return patiently(async () => {
    try {
      return await client.workflow.executeUpdateWithStart(update, {
        ...(updateId ? { updateId } : {}),
        args: [request],
        startWorkflowOperation: new WithStartWorkflowOperation('loop', {
          ...startOptions(target),
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      });
    } catch (error) {
      throw error instanceof WorkflowUpdateFailedError && error.cause ? error.cause : error;
    }
  }, 60_000);
}

async function patiently<T>(work: () => Promise<T>, patienceMs: number): Promise<T> {
  const end = Date.now() + patienceMs;
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!worthRepeating(error) || Date.now() > end) throw error;
      await pause(Math.min(2_000, 50 * 2 ** Math.min(tries, 6)));
    }
  }
}

/** Signals between two looks at the loop, and the events from which on a burst waits until it has started over. */
const LOOK_EVERY = 32;
const FULL = 2_500;
/** A loop that nobody serves gets nothing done: then Temporal itself says when it takes no more. */
const WAIT_MS = 10_000;

interface Flow {
  sent: number;
  holding: Promise<void> | null;
}
const flows = new WeakMap<Client, Map<string, Flow>>();

/**
 * Keeps a burst from outrunning the loop: more than 100 signals during one of its tasks make Temporal take the task away.
 * The next attempt reads the whole history again, so it takes longer, and would be taken away the sooner.
 */
async function roomFor(client: Client, pipeline: string): Promise<void> {
  const known = flows.get(client) ?? new Map<string, Flow>();
  flows.set(client, known);
  const flow = known.get(pipeline) ?? { sent: 0, holding: null };
  known.set(pipeline, flow);
  // Those that waited do not go all at once: the next look comes after as many as ever.
  while (flow.holding) await flow.holding;
  if (++flow.sent % LOOK_EVERY !== 0) return;
  flow.holding = caughtUp(client, pipeline)
    .catch(() => undefined)
    .finally(() => {
      flow.holding = null;
    });
  await flow.holding;
}

/** The loop has started over if it must, and no task of its was taken away and is not done yet. */
async function caughtUp(client: Client, pipeline: string): Promise<void> {
  const end = Date.now() + WAIT_MS;
  const handle = client.workflow.getHandle(workflowId.loop(pipeline));
  for (;;) {
    const { historyLength, raw } = await handle.describe();
    const again = Number(raw.pendingWorkflowTask?.attempt ?? 1) > 1;
    if ((!again && historyLength <= FULL) || Date.now() > end) return;
    await pause(25);
  }
}

/** Of a start and an update together gRPC tells in its details only that they failed. */
const told = ({ message, details }: { message: string; details: string }) => `${message} ${details}`;

/** gRPC's numbers: a server that restarts, a workflow that has all the signals or updates it can take and starts over. */
const passing = new Set([4, 8, 10, 14]);

const notTaken = /execution limit for signal|unexpected workflow task failure|workflow task in failed state/i;

/**
 * Repeated, too: an update whose task Temporal did not take, as when the loop wanted to start over and a signal came in
 * between. It has left no trace.
 */
function worthRepeating(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  if (!isGrpcServiceError(cause)) return false;
  return passing.has(cause.code) || notTaken.test(told(cause));
}
