/** The way to `materialize/<project>/<view>`: started once at a time, followed, asked how far it is. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Client,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { failureTypes, UserError } from '#contracts/failures.ts';
import { canonicalJson } from '#contracts/json.ts';
import type { MaterializeProgress, MaterializeRequest } from '#contracts/materialize.ts';
import { materializeProgressQuery } from '#contracts/messages.ts';
import { taskQueue, workflowId } from '#contracts/names.ts';

export interface StartedMaterialization {
  readonly view: string;
  /** true: the same was under way, and is followed. */
  readonly already: boolean;
  readonly workflow: WorkflowHandle;
}

/** @throws UserError OutsideRefused when the view is being materialised otherwise than asked for */
export async function startMaterialization(
  client: Client,
  request: MaterializeRequest,
  environment: string,
): Promise<StartedMaterialization> {
  const id = workflowId.materialize(request.project, request.view);
  const asked = canonicalJson({ ...request });
  for (;;) {
    try {
      const workflow = await client.workflow.start('materialize', {
        ...{ workflowId: id, taskQueue: taskQueue.control(environment), args: [request], memo: { asked } },
        ...{ workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const, workflowIdConflictPolicy: 'FAIL' as const },
        staticSummary: `features of ${request.view} into the online store`,
      });
      return { view: request.view, already: false, workflow };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const there = await client.workflow.getHandle(id).describe();
    // It ended meanwhile.
    if (there.status.name !== 'RUNNING') continue;
    if (there.memo?.asked === asked)
      return { view: request.view, already: true, workflow: client.workflow.getHandle(id, there.runId) };
    throw new UserError(
      'OutsideRefused',
      `${request.view} is being materialised since ${there.startTime.toISOString()} with other definitions, another store or another stretch of time (${id}): wait for its end, or end it: temporal workflow cancel --workflow-id '${id}'`,
    );
  }
}

/**
 * What it ended with.
 * @param told how far it is, and why it waits, each time that it changed
 * @throws UserError of the kind that it failed with
 */
export async function materializationResult(
  { view, workflow }: StartedMaterialization,
  told: (progress: MaterializeProgress | null, waits: string | null) => void,
  everyMs = 500,
): Promise<MaterializeProgress> {
  const end = new AbortController();
  const result = workflow.result().finally(() => end.abort());
  result.catch(() => {});
  for (let last = ''; !end.signal.aborted; ) {
    const [progress, waits] = await Promise.all([asked(workflow), waitsBecause(workflow)]);
    const text = canonicalJson([progress as never, waits]);
    if (text !== last && !end.signal.aborted) told(progress, waits);
    last = text;
    await pause(everyMs, undefined, { signal: end.signal }).catch(() => undefined);
  }
  try {
    return (await result) as MaterializeProgress;
  } catch (error) {
    throw error instanceof WorkflowFailedError ? inWords(view, error) : error;
  }
}

async function asked(workflow: WorkflowHandle): Promise<MaterializeProgress | null> {
  try {
    return await workflow.query(materializeProgressQuery);
  } catch (error) {
    // Nobody answers now: no worker, or one that is too busy.
    if (isGrpcServiceError(error) || (error instanceof Error && isGrpcServiceError(error.cause))) return null;
    throw error;
  }
}

/** What its last attempt failed with, while it is tried again. */
async function waitsBecause(workflow: WorkflowHandle): Promise<string | null> {
  const described = await workflow.describe().catch(() => null);
  const failures = (described?.raw.pendingActivities ?? []).map(({ lastFailure }) => lastFailure?.message ?? '');
  return failures.find((message) => message !== '') ?? null;
}

function inWords(view: string, error: WorkflowFailedError): Error {
  let cause: Error | undefined = error.cause;
  if (cause instanceof CancelledFailure)
    return new UserError(
      'StepFailed',
      `the materialisation of ${view} was cancelled: what it wrote stays, and the next one goes on`,
    );
  // Of an activity: what it failed with lies below.
  while (cause && !(cause instanceof ApplicationFailure) && cause.cause instanceof Error) cause = cause.cause;
  const type = failureTypes.find((each) => cause instanceof ApplicationFailure && each === cause.type);
  return new UserError(type ?? 'StepFailed', cause?.message ?? error.message, { cause: error });
}
