/** A Temporal, one worker with the real workflow bundle, and steps that are small functions of their input. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { activityInfo, Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import proto from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { type BatchDeps, performBatch } from '#activities/dispatch/batch/perform-batch.ts';
import type { StepCache } from '#activities/dispatch/cached-step.ts';
import { registerSearchAttributes } from '#adapters/temporal/search-attributes.ts';
import { withShortStacks } from '#adapters/temporal/short-stacks.ts';
import { workflowBundle } from '#adapters/temporal/workflow-bundle.ts';
import type { PlannedRun, PlanRequest, RunActivities } from '#contracts/activities.ts';
import type { BatchAnswer, BatchCall } from '#contracts/batch.ts';
import { BEAT_MS } from '#contracts/heartbeat.ts';
import { canonicalJson, type Json } from '#contracts/json.ts';
import { searchAttributes, taskQueue } from '#contracts/names.ts';
import type { Plan, PlanNode, StepCode } from '#contracts/plan.ts';
import type { RunEnvelope, RunRecord, RunResult, StepCall, StepOutcome } from '#contracts/run.ts';
import { patiently } from '../servers/patient.ts';
import { testProgram } from '../servers/programs.ts';
import { endable } from './endable-environment.ts';

type StepFunction = (input: never, call: StepCall) => unknown;

/** Where the bundle is kept between suites: building it takes seconds. */
export const bundleCache = join(tmpdir(), 'ratchet-test-bundles');

export interface PipelineCase {
  nodes: PlanNode[];
  result?: unknown;
  steps: Record<string, StepFunction>;
  codes?: Record<string, Partial<StepCode>>;
  /** true: by what they say of themselves the steps may go in batches. Tests have it both ways. */
  cheap?: boolean;
  /** Done before a batch is: a worker that refuses it, or one that is slow. */
  onBatch?: (batch: BatchCall) => unknown;
  /** What each step alone says that it took; default 1. */
  ms?: number;
  /** What the planner says beyond that: kept outcomes, another plan the second time, a failure. */
  plan?: (planned: PlannedRun, request: PlanRequest) => PlannedRun;
  placeJob?: (request: { not: string }) => { host: string };
}

export interface Harness {
  readonly environment: TestWorkflowEnvironment;
  /** Records as they were written, by run id. */
  readonly records: Map<string, RunRecord>;
  /** Steps that were really called, as `<run id> <node>`. */
  readonly calls: string[];
  /** Attempts of batches. */
  readonly batches: BatchCall[];
  readonly plans: PlanRequest[];
  readonly worker: Worker;
  /** Defines a pipeline; its name is new unless given. */
  pipeline(definition: PipelineCase, name?: string): string;
  start(
    pipeline: string,
    options?: { params?: Json; envelope?: RunEnvelope; workflowId?: string },
  ): Promise<WorkflowHandle>;
  /** Waits for the end; throws at once, with its message, when a workflow task fails. */
  result(handle: WorkflowHandle): Promise<RunResult>;
  run(definition: PipelineCase, envelope?: RunEnvelope): Promise<{ handle: WorkflowHandle; result: RunResult }>;
  /** How often the node's step was called in the run. */
  called(handle: WorkflowHandle, node: string): number;
  /**
   * One more worker of a queue, with the same steps; `workflowsPath`: with other workflows than ours; `activities` over the
   * usual ones; `earlier`: with our workflows as they were before their patches.
   */
  addWorker(
    queue: string,
    options?: { workflowsPath?: string; activities?: object; earlier?: boolean },
  ): Promise<{ stop(): Promise<void> }>;
  stop(): Promise<void>;
}

const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

let runtime = false;
/** The SDK's own log lines are no news in a test. Must come before the first connection. */
export function quiet(): void {
  if (!runtime)
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
    });
  runtime = true;
}

/** The real server of development, in memory. It has what the time-skipping one lacks: listings, many updates at once. */
export function startDevServer(): Promise<TestWorkflowEnvironment> {
  quiet();
  return patiently(() =>
    endable((plugins) =>
      TestWorkflowEnvironment.createLocal({
        plugins,
        server: {
          executable: { type: 'existing-path', path: testProgram('temporal', 'RATCHET_TEMPORAL') },
          extraArgs: [
            ...['--log-level', 'never'],
            // Steps follow each other without the 50 ms that the server waits by default.
            ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
            // As the embedded stack has it.
            ...['--dynamic-config-value', 'system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=3'],
          ],
          searchAttributes: Object.keys(searchAttributes).map((name) => ({ name, type: 'KEYWORD' as const })),
        },
      }),
    ),
  );
}

/** Starts the time-skipping server, or uses the one given. Call `stop` in afterAll. */
export async function startHarness(
  options: { environment?: TestWorkflowEnvironment; queues?: string[]; activities?: object } = {},
): Promise<Harness> {
  quiet();
  const environment =
    options.environment ??
    (await patiently(() =>
      endable((plugins) =>
        TestWorkflowEnvironment.createTimeSkipping({
          plugins,
          server: {
            executable: { type: 'existing-path', path: testProgram('temporal-test-server', 'RATCHET_TEST_SERVER') },
          },
        }),
      ),
    ));
  await registerSearchAttributes(environment.connection, environment.namespace ?? 'default');

  const cases = new Map<string, PipelineCase>();
  const records = new Map<string, RunRecord>();
  const calls: string[] = [];
  const batches: BatchCall[] = [];
  const scratch = mkdtempSync(join(tmpdir(), 'ratchet-harness-'));
  const inputs = new Map<string, Json>();
  const plans: PlanRequest[] = [];
  const of = (pipeline: string) => {
    const found = cases.get(pipeline);
    if (!found) throw ApplicationFailure.nonRetryable(`there is no pipeline ${pipeline}`, 'InvalidInput');
    return found;
  };

  const perform = async (call: StepCall): Promise<Json> => {
    calls.push(`${call.run.id} ${call.node}`);
    const work = of(call.run.pipeline).steps[call.step];
    if (!work) throw ApplicationFailure.nonRetryable(`no step ${call.step}`, 'InvalidInput');
    const output = await work((call.inputAt ? inputs.get(call.inputAt.digest) : call.input) as never, call);
    return (output ?? null) as Json;
  };
  /** The dispatcher's own, over these steps. */
  const together = async (batch: BatchCall) => {
    batches.push(batch);
    await of(batch.run.pipeline).onBatch?.(batch);
    const deps: BatchDeps = {
      root: scratch,
      steps: { together: (_, __, work) => work(async (call) => ({ output: await perform(call), readAsOf: false })) },
      // Not asked, as the call says.
      cache: {} as StepCache,
    };
    return performBatch(deps, { ...batch, cache: false }, Context.current());
  };

  const activities: RunActivities & { default: (call: StepCall | BatchCall) => Promise<StepOutcome | BatchAnswer> } = {
    async planRun(request) {
      plans.push(request);
      const definition = of(request.pipeline);
      const planned = plannedRun(definition, request);
      return definition.plan ? definition.plan(planned, request) : planned;
    },
    async placeJob(request) {
      for (const definition of cases.values()) if (definition.placeJob) return definition.placeJob(request);
      return { host: request.not };
    },
    async keepInput(input) {
      const digest = createHash('sha256').update(canonicalJson(input)).digest('hex');
      inputs.set(digest, input);
      return { uri: `memory:${digest}`, digest };
    },
    async digestEvidence(evidence) {
      return { digest: createHash('sha256').update(canonicalJson(evidence)).digest('hex') };
    },
    async writeRecord(record) {
      records.set(record.run.id, record);
      return { uri: `memory:${record.run.id}` };
    },
    async default(call) {
      if ('items' in call) return together(call);
      if (activityInfo().activityId !== call.node)
        throw new Error(`activity id ${activityInfo().activityId} ≠ node ${call.node}`);
      // A cancellation reaches an activity only with the answer to a heartbeat.
      const beat = setInterval(() => Context.current().heartbeat(), 200);
      const output = await perform(call).finally(() => clearInterval(beat));
      return { output, cached: false, reason: 'computed', key: null, ms: of(call.run.pipeline).ms ?? 1 };
    },
  };
  const bundle = await workflowBundle({ cacheFolder: bundleCache });
  const queue = taskQueue.control('dev');
  const make = (
    taskQueue: string,
    workflows = bundle,
    more?: object,
    connection = environment.nativeConnection,
    own: Partial<WorkerOptions> = {},
  ) =>
    Worker.create({
      connection,
      namespace: environment.namespace ?? 'default',
      taskQueue,
      activities: { ...activities, ...options.activities, ...more },
      workflowBundle: workflows,
      maxConcurrentActivityTaskExecutions: 100,
      // As the product's worker sends them; the SDK would hold them back for most of the time-out.
      maxHeartbeatThrottleInterval: BEAT_MS,
      defaultHeartbeatThrottleInterval: BEAT_MS,
      ...own,
    });
  const queues = [queue, taskQueue.host('dev', 'here'), ...(options.queues ?? [])];
  const workers = await withShortStacks(() => Promise.all(queues.map((queue) => make(queue))));
  const running = workers.map((worker) => worker.run());
  let counter = 0;

  const harness: Harness = {
    environment,
    records,
    calls,
    batches,
    plans,
    worker: workers[0] as Worker,
    pipeline(definition, name = `p${++counter}-${Math.random().toString(36).slice(2, 8)}`) {
      cases.set(name, definition);
      return name;
    },
    start: (pipeline, { params = {}, envelope = {}, workflowId = `run/${pipeline}/t` } = {}) =>
      environment.client.workflow.start(pipeline, { taskQueue: queue, workflowId, args: [params, envelope] }),
    result: (handle) => raceWithTaskFailures(handle, handle.result() as Promise<RunResult>),
    async run(definition, envelope) {
      const handle = await harness.start(harness.pipeline(definition), envelope ? { envelope } : {});
      return { handle, result: await harness.result(handle) };
    },
    called: (handle, node) => calls.filter((call) => call === `${handle.workflowId} ${node}`).length,
    async addWorker(queue, { workflowsPath, activities, earlier } = {}) {
      const other = workflowsPath && (await workflowBundle({ cacheFolder: bundleCache, workflowsPath }));
      // Two workers of one queue cannot share a connection.
      const connection = await NativeConnection.connect({ address: environment.address });
      const own = earlier ? { patchActivationCallback: () => false } : {};
      const worker = await make(queue, other || bundle, activities, connection, own);
      const run = worker.run();
      return {
        stop: async () => {
          worker.shutdown();
          await run;
          await connection.close();
        },
      };
    },
    async stop() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await environment.teardown();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
  return harness;
}

/** Tasks that the server takes away, and hands out again: the run ended while something came in; more than 100 events came in. */
const passing = new Set<number>([
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
]);

/** A failing workflow task is retried for ever and stops the clock of the whole environment: say so instead of hanging. */
export async function raceWithTaskFailures<T>(handle: WorkflowHandle, result: Promise<T>): Promise<T> {
  let over = false;
  const watch = async (): Promise<never> => {
    for (;;) {
      await pause(300);
      if (over) return new Promise<never>(() => undefined);
      const { events } = await handle.fetchHistory();
      const failed = events?.find(
        ({ workflowTaskFailedEventAttributes: failure }) => failure && !passing.has(Number(failure.cause)),
      )?.workflowTaskFailedEventAttributes;
      if (failed)
        throw new Error(
          `a workflow task of ${handle.workflowId} failed: ${failed.failure?.message ?? `cause ${failed.cause}`}`,
        );
    }
  };
  try {
    return await Promise.race([result, watch()]);
  } finally {
    over = true;
  }
}

function plannedRun(definition: PipelineCase, request: PlanRequest): PlannedRun {
  const names = new Set(Object.keys(definition.steps));
  const plan: Plan = {
    format: 1,
    pipeline: request.pipeline,
    model: null,
    params: request.params as Plan['params'],
    asOf: request.envelope.asOf ?? request.startedAt,
    champion: null,
    bundle: 'b'.repeat(64),
    steps: Object.fromEntries(
      [...names].map((name) => [
        name,
        code({ ...(definition.cheap ? { timeout: '10m' } : {}), ...definition.codes?.[name] }),
      ]),
    ),
    nodes: definition.nodes,
    result: (definition.result ?? null) as Json,
  };
  const trigger = request.envelope.trigger ?? {
    kind: 'manual',
    id: 't',
    reason: 'by hand',
    figures: {},
    who: 'test',
    at: request.startedAt,
  };
  const run = {
    id: request.workflowId,
    pipeline: request.pipeline,
    model: null,
    environment: 'dev',
    asOf: plan.asOf,
    trigger,
  };
  return { plan, run, kept: [], host: 'here' };
}

export const code = (settings: Partial<StepCode> = {}): StepCode => ({
  kind: 'typescript',
  digest: '0'.repeat(64),
  effect: false,
  cache: true,
  timeout: '1h',
  attempts: 3,
  queue: null,
  place: 'any',
  memoryMb: null,
  program: null,
  ...settings,
});

/** `ref('a', 'x')` in a template: the field x of node a. */
export const ref = (...path: [string, ...(string | number)[]]) => ({ $ref: path.map(String) });

export const step = (id: string, name: string, input: unknown = null, more: Partial<PlanNode> = {}): PlanNode => ({
  id,
  kind: 'run',
  step: name,
  input: input as Json,
  ...more,
});

/** Every test of a map has both: how each step of its items becomes an activity is nothing that a user is to notice. */
export const ways = [
  { way: 'an activity an item', cheap: false },
  { way: 'batches', cheap: true },
];

/** What the worker's dispatcher throws when a step must not be tried again. */
export const failing = (message: string, type = 'StepFailed') => ApplicationFailure.nonRetryable(message, type);
