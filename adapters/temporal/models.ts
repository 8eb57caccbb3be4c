/** Requests to `model/<name>`: starts the workflow when it is not there, and is safe to repeat. */

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Client,
  isGrpcServiceError,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import type { VersionRef } from '#contracts/data.ts';
import type { ClaimAnswer, ClaimRequest, SettleRequest } from '#contracts/holdout-use.ts';
import {
  type ArchiveRequest,
  archiveUpdate,
  claimUpdate,
  type LedgerNow,
  ledgerQuery,
  lookUpdate,
  type MoveAnswer,
  type MoveRequest,
  moveUpdate,
  type RegisterRequest,
  type RollbackRequest,
  registerUpdate,
  rollbackUpdate,
  settleUpdate,
} from '#contracts/messages.ts';
import { taskQueue, workflowId } from '#contracts/names.ts';

export interface ModelTarget {
  /** Registered model as MLflow knows it, the environment's prefix included. */
  model: string;
  /** Whose worker serves the model; default `dev`. */
  environment?: string;
  /**
   * Who asks: a run's id. Attempts of one asker wait for one request together, instead of filling the few places that a
   * workflow has for requests in flight; another asker gets a fresh answer after what was refused has been mended.
   */
  asker?: string;
  signal?: AbortSignal;
}

/**
 * One version for the request's key, whoever asks and however often; the champion itself when it is the very same model.
 * Throws ApplicationFailure of the workflow's: OutsideRefused when MLflow will not have it.
 */
export function registerVersion(
  client: Client,
  target: ModelTarget,
  request: RegisterRequest,
): Promise<{ version: VersionRef; already: boolean; note?: string | undefined }> {
  return ask(client, target, registerUpdate, request, `register/${request.key}`);
}

/** Makes a version champion. Throws ApplicationFailure ChampionMoved (details: the champion now) when it is not the expected one. */
export function moveAlias(client: Client, target: ModelTarget, request: MoveRequest): Promise<MoveAnswer> {
  return ask(client, target, moveUpdate, request, `move/${request.key}`);
}

/** Which of a holdout's rows earlier verdicts used; notes that this one is about to. */
export function claimHoldout(client: Client, target: ModelTarget, request: ClaimRequest): Promise<ClaimAnswer> {
  return ask(client, target, claimUpdate, request, `claim/${request.key}`);
}

/** What came of the claim. @param verdict digest of what was judged: a run that judges again says so anew */
export function settleHoldout(
  client: Client,
  target: ModelTarget,
  request: SettleRequest,
  verdict: string,
): Promise<void> {
  return ask(client, target, settleUpdate, request, `settle/${request.key}/${request.outcome}/${verdict}`);
}

/** Back to the previous champion, or to `request.to`. The same `asker` twice is one rollback. */
export function rollback(client: Client, target: ModelTarget, request: RollbackRequest): Promise<MoveAnswer> {
  return ask(client, target, rollbackUpdate, request, 'rollback');
}

/**
 * Hands a rollback to the ledger and does not wait for it: it is in the history then, and is carried out once MLflow answers. The same
 * rollback at the same epoch of the ledger is one, however often it is asked for.
 */
export async function queueRollback(
  client: Client,
  { model }: Pick<ModelTarget, 'model'>,
  request: RollbackRequest & { to: string; expect: string },
  epoch: number,
): Promise<void> {
  await client.workflow.getHandle(workflowId.model(model)).startUpdate(rollbackUpdate, {
    ...{ args: [request], waitForStage: 'ACCEPTED' },
    updateId: `rollback/queued/${epoch}/${request.to}`,
  });
}

/** Puts a version away for good, as a person does. Throws ApplicationFailure InvalidInput for the champion. */
export function archiveVersion(
  client: Client,
  target: ModelTarget,
  request: ArchiveRequest,
): Promise<{ already: boolean; note?: string | undefined }> {
  return ask(client, target, archiveUpdate, request, `archive/${request.version}`);
}

/** The ledger, or null when nobody asked anything of the model's workflow yet. */
export async function readLedger(client: Client, { model }: Pick<ModelTarget, 'model'>): Promise<LedgerNow | null> {
  try {
    return await client.workflow.getHandle(workflowId.model(model)).query(ledgerQuery);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** The ledger after it compared itself with MLflow; null when there is none. Never starts it. */
export async function lookAgain(client: Client, { model }: Pick<ModelTarget, 'model'>): Promise<LedgerNow | null> {
  try {
    return await client.workflow.getHandle(workflowId.model(model)).executeUpdate(lookUpdate);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    if (error instanceof WorkflowUpdateFailedError && error.cause) throw error.cause;
    throw error;
  }
}

async function ask<Answer, Request>(
  client: Client,
  { model, environment = 'dev', asker = randomUUID(), signal }: ModelTarget,
  update: UpdateDefinition<Answer, [Request]>,
  request: Request,
  name: string,
): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    try {
      return await client.workflow.executeUpdateWithStart(update, {
        updateId: `${name}/${asker}`,
        args: [request],
        startWorkflowOperation: new WithStartWorkflowOperation('model', {
          workflowId: workflowId.model(model),
          workflowIdConflictPolicy: 'USE_EXISTING',
          taskQueue: taskQueue.control(environment),
          args: [{ model }],
        }),
      });
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError && error.cause) throw error.cause;
      if (!worthRepeating(error)) throw error;
      signal?.throwIfAborted();
      await pause(Math.min(5_000, 50 * 2 ** tries), undefined, { signal });
    }
  }
}

/** gRPC's numbers, by its names. */
const status = {
  DEADLINE_EXCEEDED: 4,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNAVAILABLE: 14,
} as const;
/** RESOURCE_EXHAUSTED: ten requests are in flight already. The others: a server that restarts, a workflow that starts over, also by a task that has to be done once more because something came in. */
const passing = new Set<number>([
  status.RESOURCE_EXHAUSTED,
  status.UNAVAILABLE,
  status.ABORTED,
  status.DEADLINE_EXCEEDED,
]);

function worthRepeating(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  if (!isGrpcServiceError(cause)) return false;
  return (
    passing.has(cause.code) ||
    (cause.code === status.FAILED_PRECONDITION && /workflow task failure/.test(cause.details))
  );
}
