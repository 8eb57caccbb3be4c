/**
 * How a step becomes an activity: its type is the step's name, its id the node's.
 *
 * Who retries what: Temporal retries without end, because an unreachable server, a dead worker or a lost heartbeat must
 * never end a run. What must not be tried again is decided in the worker, which knows why an attempt failed: its
 * dispatcher throws ApplicationFailure with nonRetryable for the types in `nonRetryable` (contracts/failures.ts), and for
 * a step's own failure once `code.attempts` of the call are used up. It also keeps the step's time limit.
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  type ActivityOptions,
  ApplicationFailure,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { BatchAnswer, BatchCall } from '#contracts/batch.ts';
import { milliseconds } from '#contracts/duration.ts';
import { HEARTBEAT_TIMEOUT_MS } from '#contracts/heartbeat.ts';
import { taskQueue } from '#contracts/names.ts';
import type { NodeOptions, StepCode } from '#contracts/plan.ts';
import type { StepCall, StepOutcome } from '#contracts/run.ts';
import { describe } from './failure.ts';
import { summaryOf } from './summary.ts';

/** A job's machine that does not take it within this time counts as gone, and so do all workers with a stage's version. */
const PATIENCE = '60s';
/** A batch takes seconds, and may wait for a process as long as a step may. */
const BATCH_LIMIT = '2m';
/** The worker owns the step's limit and says which it was; Temporal's own is the backstop behind it. */
const BACKSTOP_MS = 30_000;

/** The step's settings with a node's own put over them, so that the dispatcher sees one truth. */
export function effective(code: StepCode, { retry, timeout, queue }: NodeOptions = {}): StepCode {
  return {
    ...code,
    attempts: retry?.attempts ?? code.attempts,
    timeout: timeout ?? code.timeout,
    queue: queue ?? code.queue,
  };
}

/** Where steps go that not every worker can take; shared by all steps of a run. */
export interface Placement {
  /** Of detached jobs. */
  host: string;
  /** The set of stages' versions that the run was planned with. */
  readonly stages?: string | undefined;
  /** true: workers of the control queue have other versions, so that stages are asked for on the set's own queue at once. */
  stagesApart?: boolean;
}

/**
 * Has the step done, on the queue it asks for, on the run's machine for a detached job, else on `controlQueue`.
 * `place` finds another machine when nobody takes the job. Throws ActivityFailure.
 */
export function callStep(
  call: StepCall,
  controlQueue: string,
  placement: Placement,
  place: (request: { not: string }) => Promise<{ host: string }>,
): Promise<StepOutcome> {
  if (call.code.place === 'host') return onHost(call, placement, place);
  if (call.code.queue !== null || call.code.kind !== 'stage' || placement.stages === undefined)
    return dispatch(call, call.code.queue ?? controlQueue, {});
  return stageCall(call, controlQueue, { set: placement.stages, placement });
}

/** While an old and a new worker serve the control queue, the one that took the call may have another version of the stage. */
async function stageCall(
  call: StepCall,
  controlQueue: string,
  { set, placement }: { set: string; placement: Placement },
): Promise<StepOutcome> {
  if (!placement.stagesApart)
    try {
      return await dispatch(call, controlQueue, {});
    } catch (error) {
      if (!(error instanceof ActivityFailure) || describe(error).type !== 'StageElsewhere') throw error;
      placement.stagesApart = true;
    }
  try {
    return await dispatch(call, taskQueue.stages(call.run.environment, set), {
      scheduleToStartTimeout: PATIENCE,
    });
  } catch (error) {
    if (!nobodyTookIt(error)) throw error;
    throw ApplicationFailure.nonRetryable(
      `no worker is left that has the version of "${call.step}" that the run was planned with`,
      'StageElsewhere',
      call.step,
    );
  }
}

/** A detached job comes back to the machine that it was started on; when nobody there takes it, another machine is asked for. */
async function onHost(
  call: StepCall,
  placement: Placement,
  place: (request: { not: string }) => Promise<{ host: string }>,
): Promise<StepOutcome> {
  for (;;) {
    const { host } = placement;
    try {
      return await dispatch(call, call.code.queue ?? taskQueue.host(call.run.environment, host), {
        scheduleToStartTimeout: PATIENCE,
      });
    } catch (error) {
      if (!nobodyTookIt(error)) throw error;
      const placed = await place({ not: host });
      // Two jobs may find the machine gone at once; both go where the first was sent.
      if (placement.host === host) placement.host = placed.host;
    }
  }
}

function nobodyTookIt(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === 'SCHEDULE_TO_START'
  );
}

/** Has many calls of one step done as one activity, called as the step is; its id names the first item and how many follow. */
export function callBatch(call: BatchCall, queue: string): Promise<BatchAnswer> {
  const [{ node } = { node: '' }] = call.items;
  const steps = proxyActivities<Record<string, (call: BatchCall) => Promise<BatchAnswer>>>({
    activityId: `${node}+${call.items.length - 1}`,
    taskQueue: queue,
    summary: `${node} and ${call.items.length - 1} more`,
    startToCloseTimeout: BATCH_LIMIT,
    ...lasting,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });
  const activity = steps[call.step] as (call: BatchCall) => Promise<BatchAnswer>;
  return activity(call);
}

const lasting = {
  // A worker that dies is noticed after this; with the retry's wait a detached job is picked up again within 45 s.
  heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  // Capped low, so that an outage that ends is noticed soon.
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
} as const;

function dispatch(call: StepCall, queue: string, options: Partial<ActivityOptions>): Promise<StepOutcome> {
  const steps = proxyActivities<Record<string, (call: StepCall) => Promise<StepOutcome>>>({
    activityId: call.node,
    taskQueue: queue,
    summary: summaryOf(call),
    startToCloseTimeout: milliseconds(call.code.timeout) + BACKSTOP_MS,
    ...lasting,
    // A job is a process of its own, and an effect may still happen: a cancelled run waits until it is known how they
    // ended. A step that only computes is told to stop, and not waited for.
    cancellationType:
      call.code.place === 'host' || call.code.effect
        ? ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
        : ActivityCancellationType.TRY_CANCEL,
    ...options,
  });
  const activity = steps[call.step] as (call: StepCall) => Promise<StepOutcome>;
  return activity(call);
}
