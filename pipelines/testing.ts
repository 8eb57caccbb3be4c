/**
 * `ratchet-ml/testing`: a pipeline's loop through weeks of days in seconds. The workflows are the real ones and so is
 * Temporal, with a clock that skips what nobody waits for; data and models are figures that the test gives.
 */

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { z } from 'zod';
import { askRetrain, loopStatus, startLoop, tellLoop } from '#adapters/temporal/loops.ts';
import { approveRun, runProgress } from '#adapters/temporal/runs.ts';
import { registerSearchAttributes } from '#adapters/temporal/search-attributes.ts';
import { workflowBundle } from '#adapters/temporal/workflow-bundle.ts';
import type { CompiledGraph } from '#contracts/compiled.ts';
import type { Decision } from '#contracts/decision.ts';
import { UserError } from '#contracts/failures.ts';
import type { LoopStatus } from '#contracts/loop/answers.ts';
import type { EvidenceInput } from '#contracts/loop/evidence.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { taskQueue, workflowId } from '#contracts/names.ts';
import type { RunProgress, RunRecord } from '#contracts/run.ts';
import { readCron } from '#decisions/cron.ts';
import { cronTimes } from '#decisions/cron-times.ts';
import { emptyHoldouts } from '#decisions/empty-holdout.ts';
import { leaves } from '#decisions/retrain/facts.ts';
import { scheduleDetail } from '#decisions/retrain/triggers/schedule.ts';
import type { Pipeline } from './define-pipeline.ts';
import { simulatedActivities } from './testing/activities.ts';
import type { DayReport, SimulatedDay, Simulation, SimulationResult } from './testing/simulation.ts';
import { type Metrics, SimulatedStages, type SimulatedVersion } from './testing/stages.ts';

export type { DayReport, Decision, LoopStatus, Metrics, SimulatedDay, SimulatedVersion, Simulation, SimulationResult };

const DAY = 86_400_000;
/** Real time that one day may take. */
const PATIENCE_MS = 30_000;
/** Of the simulated clock, between two looks at a loop that waits. */
const SKIP_MS = 100;

/**
 * Simulates `days` days.
 * @throws UserError InvalidPipeline for a holdout that no run could fill; whatever a day throws
 * @example
 * ```ts
 * const { decisions } = await simulate({
 *   environment,
 *   pipeline: churn,
 *   days: 90,
 *   day: (day) => day.rows(1_000),
 *   candidate: (asOf) => ({ roc_auc: asOf < '2026-07-01' ? 0.71 : 0.74 }),
 * });
 * console.log(decisions.map(({ outcome }) => outcome));
 * ```
 */
export async function simulate(options: Simulation): Promise<SimulationResult> {
  const { environment, pipeline, days } = options;
  const began = performance.now();
  refuseEmptyHoldouts(pipeline, new Date(await environment.currentTimeMs()).toISOString());
  const store = { records: new Map<string, RunRecord>(), decisions: [] as Decision[] };
  const stages = new SimulatedStages({
    candidate: options.candidate,
    champion: options.aged ?? ((version) => version.metrics),
    interval: options.interval ?? 0.005,
  });
  const metricsOf = (version: string) => stages.versions.find((each) => each.version === version)?.metrics ?? {};
  const { name, model, triggers, limits, watch } = pipeline;
  const policy = LoopPolicy.parse({
    pipeline: name,
    model,
    triggers,
    limits: limits ?? {},
    watch,
    asOf: asOfOf(pipeline),
  });
  const { client } = environment;
  const activities = simulatedActivities({
    ...{ name, model, policy, stages, store },
    compile: (params, values) => pipeline.compile(params as z.input<z.ZodObject>, values),
    steps: options.steps ?? {},
    cohort:
      options.cohort ?? (({ version, previous }) => ({ champion: metricsOf(version), previous: metricsOf(previous) })),
    isRunning: async (runId) => (await client.workflow.getHandle(runId).describe()).status.name === 'RUNNING',
  });
  await registerSearchAttributes(environment.connection, environment.namespace ?? 'default');
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    namespace: environment.namespace ?? 'default',
    taskQueue: taskQueue.control('dev'),
    activities,
    workflowBundle: await workflowBundle({ cacheFolder: join(tmpdir(), 'ratchet-simulation') }),
  });
  const end = await worker.runUntil(async () => {
    const from = Math.ceil((await environment.currentTimeMs()) / DAY) * DAY;
    await startLoop(client, policy);
    const told = new Teller(environment, policy, options.approve ?? (() => null));
    const reports: DayReport[] = [];
    for (let number = 1; number <= days; number++) {
      const date = new Date(from + (number - 1) * DAY).toISOString();
      // A minute later each day: a wait of whole days ends before it, and not at the very same moment.
      const morning = new Date(Date.parse(date) + number * 60_000).toISOString();
      await told.until(morning);
      await options.day(told.day(number, date, morning));
      await told.settled();
      for (const fire of firesOn(policy, date)) await told.fire(fire);
      const status = await told.settled();
      const until = reports.reduce((sum, { decisions }) => sum + decisions.length, 0);
      const decisions = store.decisions.toSorted((a, b) => a.number - b.number).slice(until);
      reports.push({ number, date, decisions, state: status.state, champion: stages.champion?.version ?? null });
    }
    await told.until(new Date(from + days * DAY).toISOString());
    await client.workflow.getHandle(workflowId.loop(name)).terminate('the simulation is over');
    return { reports, simulatedMs: (await environment.currentTimeMs()) - from };
  });
  return {
    days: end.reports,
    decisions: end.reports.flatMap(({ decisions }) => decisions),
    runs: [...store.records.values()],
    versions: stages.versions,
    champion: stages.champion,
    simulatedMs: end.simulatedMs,
    realMs: performance.now() - began,
  };
}

/** Figures stand in for data here, so that what the data would refuse is told by what the pipeline says of itself. */
// biome-ignore lint/suspicious/noExplicitAny: any pipeline is welcome
function refuseEmptyHoldouts(pipeline: Pipeline<any, any>, asOf: string): void {
  // Params without a default, and what is wrong with the graph, the first run tells.
  const graph = compiled(pipeline, asOf);
  const [found] = graph ? emptyHoldouts(graph, pipeline.watch?.labelsAfter ?? null) : [];
  if (found) throw new UserError('InvalidPipeline', `${found.at ? `${found.at}: ` : ''}${found.message}`);
}

// biome-ignore lint/suspicious/noExplicitAny: any pipeline is welcome
function compiled(pipeline: Pipeline<any, any>, asOf: string): CompiledGraph | null {
  try {
    return pipeline.compile({}, { champion: null, asOf });
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/**
 * Silences the SDK's own log lines; call it before the environment is made.
 * @example
 * ```ts
 * quietTemporal();
 * const quiet = await TestWorkflowEnvironment.createTimeSkipping();
 * ```
 */
export function quietTemporal(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  });
}

/** Speaks to the loop with the simulated clock. */
class Teller {
  readonly #environment: TestWorkflowEnvironment;
  readonly #policy: LoopPolicy;
  readonly #approve: NonNullable<Simulation['approve']>;
  #count = 0;

  constructor(environment: TestWorkflowEnvironment, policy: LoopPolicy, approve: NonNullable<Simulation['approve']>) {
    this.#environment = environment;
    this.#policy = policy;
    this.#approve = approve;
  }

  async until(time: string): Promise<void> {
    const left = Date.parse(time) - (await this.#environment.currentTimeMs());
    if (left > 0) await this.#environment.sleep(left);
  }

  day(number: number, date: string, at: string): SimulatedDay {
    const tell: SimulatedDay['tell'] = async (kind, evidence) => {
      // Id and time are what was left out.
      const whole = { source: 'simulation', ...evidence, id: `day${number}-${++this.#count}`, at };
      await tellLoop(this.#environment.client, this.#policy, kind, whole as unknown as EvidenceInput<typeof kind>);
    };
    // Of the day before: figures of several days in a row are windows in a row.
    const window = { from: new Date(Date.parse(date) - DAY).toISOString(), to: date };
    return {
      number,
      date,
      tell,
      rows: (rows) => tell('dataArrived', { rows }),
      drift: (share, columns = []) =>
        tell('driftMeasured', { share, window, columns: columns.map((column) => ({ name: column, drifted: true })) }),
      metric: (metric, value, more = {}) => tell('metricObserved', { metric, value, window, ...more }),
      labels: (until = date) => tell('labelsArrived', { until }),
      codeChange: (paths) => tell('codeChanged', { paths }),
      retrain: (by, reason = 'asked for in the simulation') =>
        askRetrain(this.#environment.client, this.#policy, {
          id: `day${number}-${++this.#count}`,
          by,
          reason,
          at,
        }),
    };
  }

  async fire({ at, detail }: { at: string; detail: string }): Promise<void> {
    await this.until(at);
    const fired = { id: `schedule/${at}`, at, source: 'schedule', who: 'the calendar', detail };
    await tellLoop(this.#environment.client, this.#policy, 'fired', { ...fired, trigger: 'schedule' });
  }

  /** All is decided, and the run has ended or waits for somebody. */
  async settled(): Promise<LoopStatus> {
    const { client } = this.#environment;
    const began = performance.now();
    for (;;) {
      const status = await loopStatus(client, this.#policy);
      if (status?.undecided === 0) {
        if (!status.run) return status;
        const progress = await runProgress(client, status.run.runId).catch(() => null);
        if (progress?.status === 'waiting' && !(await this.#answered(progress))) return status;
      }
      if (performance.now() - began > PATIENCE_MS)
        throw new Error(`the loop does not come to rest: ${status?.state} ${status?.note ?? ''}`);
      // A loop that is idle waits a moment for more of the same moment: that moment is skipped as days are.
      if (status && status.undecided > 0 && !status.run) await this.#environment.sleep(SKIP_MS);
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** @returns false when nobody is there */
  async #answered({ runId, approvals }: RunProgress): Promise<boolean> {
    const [asked] = approvals;
    if (!asked) return false;
    const date = new Date(await this.#environment.currentTimeMs()).toISOString();
    const answer = this.#approve({ date, runId, title: asked.title });
    if (!answer) return false;
    const { node, evidence } = asked;
    await approveRun(this.#environment.client, runId, { ...answer, node, evidence, note: '' });
    return true;
  }
}

/** Times of the policy's schedules on a day, in their order. */
function firesOn(policy: LoopPolicy, date: string): { at: string; detail: string }[] {
  const end = Date.parse(date) + DAY;
  const schedules = leaves(policy.triggers).flatMap((leaf) => (leaf.kind === 'schedule' ? [leaf] : []));
  return schedules
    .flatMap(({ cron, timezone }) => {
      const { fields, problem } = readCron(cron);
      if (!fields) throw new Error(`the schedule cannot be simulated: ${problem}`);
      return cronTimes(fields, timezone, Date.parse(date), end).map((time) => ({
        at: new Date(time).toISOString(),
        detail: scheduleDetail({ cron, timezone }),
      }));
    })
    .sort((a, b) => (a.at < b.at ? -1 : 1));
}

// biome-ignore lint/suspicious/noExplicitAny: any pipeline is welcome
function asOfOf(pipeline: Pipeline<any, any>): 'date' | 'date-time' | null {
  const schema = pipeline.paramsSchema() as { properties?: Record<string, { format?: string }> };
  const asOf = schema.properties?.asOf;
  return asOf === undefined ? null : asOf.format === 'date' ? 'date' : 'date-time';
}
