/**
 * One step: an activity whose type is the step's name and whose id is the node's.
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
  proxyActivities,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { RunActivities } from '#contracts/activities.ts';
import { milliseconds } from '#contracts/duration.ts';
import { taskQueue } from '#contracts/names.ts';
import type { PlanNode, StepCode } from '#contracts/plan.ts';
import type { StepCall, StepOutcome } from '#contracts/run.ts';
import { type Instance, keep, record } from './engine.ts';
import { nodeFailed } from './failure.ts';
import { inputOf } from './input.ts';
import { askWorker } from './local.ts';
import type { Value } from './templates.ts';

/** A job's machine that does not take it within this time counts as gone, and another one is looked for. */
const HOST_PATIENCE = '60s';
/** The worker owns the step's limit and says which it was; Temporal's own is the backstop behind it. */
const BACKSTOP_MS = 30_000;

export async function runStep(instance: Instance): Promise<Value> {
  const { engine, node, scope, id } = instance;
  const step = node.step ?? '';
  const pinned = engine.steps[step];
  if (!pinned)
    throw nodeFailed('InvalidPipeline', id, `node ${id}: the plan pins no code for step ${step}: plan the run again`);
  const code = effective(pinned, node);
  const input = inputOf(instance);

  const before = keep(instance, step, input);
  if (before) return before.output;

  engine.attributes.enter(step);
  const cache = code.cache && node.options?.cache !== false;
  const call: StepCall = { run: engine.run, node: id, step, code, bundle: engine.bundle, input, cache };
  const outcome = await (code.place === 'host'
    ? onHost(instance, call)
    : dispatch(call, code.queue ?? controlQueue(), {}));
  record(instance, { step, input, ...outcome });
  engine.attributes.learn(step, outcome.output);
  engine.reports.set(node, scope.prefix, { cached: outcome.cached, reason: outcome.reason, ms: outcome.ms });
  return outcome.output;
}

/** The step's settings with the node's own put over them, so that the dispatcher sees one truth. */
function effective(code: StepCode, node: PlanNode): StepCode {
  const { retry, timeout, queue } = node.options ?? {};
  return {
    ...code,
    attempts: retry?.attempts ?? code.attempts,
    timeout: timeout ?? code.timeout,
    queue: queue ?? code.queue,
  };
}

/** Steps run where their run's workflow does unless they say otherwise. */
function controlQueue(): string {
  return workflowInfo().taskQueue;
}

/** A detached job comes back to the machine that it was started on; when nobody there takes it, another machine is asked for. */
async function onHost({ engine }: Instance, call: StepCall): Promise<StepOutcome> {
  for (;;) {
    const host = engine.host;
    try {
      return await dispatch(call, call.code.queue ?? taskQueue.host(engine.run.environment, host), {
        scheduleToStartTimeout: HOST_PATIENCE,
        // The job is a process of its own: the run may not go on before it is known to have stopped.
        cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      });
    } catch (error) {
      if (!nobodyTookIt(error)) throw error;
      const placed = await askWorker<RunActivities>().placeJob({ not: host });
      // Two jobs may find the machine gone at once; both go where the first was sent.
      if (engine.host === host) engine.host = placed.host;
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

async function dispatch(call: StepCall, queue: string, options: Partial<ActivityOptions>): Promise<StepOutcome> {
  const steps = proxyActivities<Record<string, (call: StepCall) => Promise<StepOutcome>>>({
    activityId: call.node,
    taskQueue: queue,
    summary: call.node === call.step ? call.step : `${call.node}: ${call.step}`,
    startToCloseTimeout: milliseconds(call.code.timeout) + BACKSTOP_MS,
    // A worker that dies is noticed after this; with the retry's wait a detached job is picked up again within 45 s.
    heartbeatTimeout: '10s',
    // Capped low, so that an outage that ends is noticed soon.
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
    // A step that only computes is told to stop, and the run need not wait until it has.
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    ...options,
  });
  const activity = steps[call.step] as (call: StepCall) => Promise<StepOutcome>;
  return activity(call);
}
