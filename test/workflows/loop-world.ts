/** Loops with their real decisions, over runs whose steps are small functions; the store is memory. */
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { configureLoop, loopStatus, startLoop, tellLoop } from '#adapters/temporal/loops.ts';
import type { Decision, DecisionPage } from '#contracts/decision.ts';
import type { Judgement, LoopActivities, RunEnd, WatchActivities } from '#contracts/loop/activities.ts';
import type { LoopStatus, Provisional } from '#contracts/loop/answers.ts';
import type { EvidenceInput, EvidenceKind } from '#contracts/loop/evidence.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { decideLoop } from '#decisions/retrain.ts';
import { type Harness, type PipelineCase, startHarness, step } from './harness.ts';

export interface LoopWorld {
  readonly harness: Harness;
  readonly pages: DecisionPage[];
  readonly rolledBack: { version: string; words: string }[];
  /** What a cohort is measured at; tests set it. */
  cohort(provisional: Provisional): Partial<Judgement>;
  /** What a page of decisions waits for before it is in the store; tests set it. */
  writing(pipeline: string): Promise<unknown> | null;
  /** What a run of the pipeline ended with, beyond its status; tests set it. */
  end(ended: RunEnd): RunEnd;
  deploy(policy: Parameters<typeof LoopPolicy.parse>[0]): Promise<void>;
  tell<K extends EvidenceKind>(pipeline: string, kind: K, evidence: Partial<EvidenceInput<K>>): Promise<string>;
  status(pipeline: string): Promise<LoopStatus>;
  /** Polls until it holds, then answers the status. Throws when a workflow task of the loop failed. */
  until(pipeline: string, holds: (status: LoopStatus) => boolean): Promise<LoopStatus>;
  decisions(pipeline: string): Decision[];
  /** Loop time that is over: the clock of the environment. */
  now(): Promise<number>;
}

/** @param options `activities`: further ones, or others instead of the world's own */
export async function startLoopWorld(
  options: { environment?: TestWorkflowEnvironment; activities?: object } = {},
): Promise<LoopWorld> {
  const pages: DecisionPage[] = [];
  const policies = new Map<string, LoopPolicy>();
  const rolledBack: { version: string; words: string }[] = [];
  let count = 0;
  const activities: LoopActivities & Pick<WatchActivities, 'judgeCohort' | 'rollBack' | 'tellFired'> = {
    decide: async (request) => decideLoop(request),
    loopPolicy: async ({ pipeline }) => policies.get(pipeline) ?? null,
    writeDecisions: async (page) => {
      await world.writing(page.decisions[0]?.pipeline ?? '');
      pages.push(page);
    },
    runEnd: async ({ runId }) => {
      const record = world.harness.records.get(runId);
      if (record)
        return world.end({
          runId,
          status: record.result.status,
          verdict: record.result.verdict,
          modelVersion: record.result.modelVersion,
          previous: null,
          reasons: record.failure ? [record.failure.message] : record.result.reasons,
        });
      const described = await world.harness.environment.client.workflow.getHandle(runId).describe();
      if (described.status.name === 'RUNNING') return null;
      return { runId, status: 'terminated', verdict: null, modelVersion: null, previous: null, reasons: [] };
    },
    judgeCohort: async ({ provisional }) => ({
      runId: provisional.runId,
      version: provisional.version,
      metric: 'auc',
      champion: 0.7,
      previous: 0.7,
      higherIsBetter: true,
      rows: 1_000,
      ...world.cohort(provisional),
    }),
    rollBack: async ({ provisional, words }) => {
      rolledBack.push({ version: provisional.version, words });
      return { done: true, words: `version ${provisional.previous} is champion again` };
    },
    tellFired: ({ pipeline, cron, at, id }) =>
      tellLoop(world.harness.environment.client, { pipeline }, 'fired', { id, at, trigger: 'schedule', detail: cron }),
  };
  const harness = await startHarness({ ...options, activities: { ...activities, ...options.activities } });
  const { client } = harness.environment;
  const world: LoopWorld = {
    harness,
    pages,
    rolledBack,
    cohort: () => ({}),
    writing: () => null,
    end: (ended) => ended,
    deploy: async (input) => {
      const policy = LoopPolicy.parse(input);
      policies.set(policy.pipeline, policy);
      if (!(await startLoop(client, policy))) await configureLoop(client, policy);
    },
    tell: async (pipeline, kind, evidence) => {
      const id = evidence.id ?? `e${++count}`;
      const at = evidence.at ?? new Date(await world.now()).toISOString();
      await tellLoop(client, { pipeline }, kind, { ...evidence, id, at } as EvidenceInput<typeof kind>);
      return id;
    },
    status: async (pipeline) => {
      const status = await loopStatus(client, { pipeline });
      if (!status) throw new Error(`there is no loop/${pipeline}`);
      return status;
    },
    until: async (pipeline, holds) => {
      const deadline = Date.now() + 500_000;
      for (let tries = 0; ; tries++) {
        const status = await world.status(pipeline).catch(() => null);
        if (status && holds(status)) return status;
        if (tries % 40 === 39) await assertHealthy(world, pipeline, status);
        if (Date.now() > deadline) throw new Error(`loop/${pipeline} never came to it: ${JSON.stringify(status)}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    // As the store's reader does: of two of one number the later is the loop's.
    decisions: (pipeline) => {
      const found = new Map<number, Decision>();
      for (const decision of pages.flatMap(({ decisions }) => decisions)) {
        if (decision.pipeline !== pipeline) continue;
        const known = found.get(decision.number);
        if (!known || known.decidedAt <= decision.decidedAt) found.set(decision.number, decision);
      }
      return [...found.values()].sort((a, b) => a.number - b.number);
    },
    now: () => harness.environment.currentTimeMs(),
  };
  return world;
}

async function assertHealthy(world: LoopWorld, pipeline: string, status: LoopStatus | null): Promise<void> {
  const { client, namespace } = world.harness.environment;
  // The newest few: a history of large signals is more than one answer holds.
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: namespace ?? 'default',
    execution: { workflowId: `loop/${pipeline}` },
    maximumPageSize: 4,
  });
  const failed = history?.events?.find(
    (event) => event.workflowTaskFailedEventAttributes,
  )?.workflowTaskFailedEventAttributes;
  // A start over that a signal came in between of is refused and done again: no failure.
  if (failed && failed.cause !== 21 && !/UnhandledCommand/i.test(failed.failure?.message ?? ''))
    throw new Error(`a workflow task of loop/${pipeline} failed: ${failed.failure?.message} (${status?.state})`);
}

/** A pipeline whose only step does this. */
export const pipelineThat = (work: (input: never) => unknown): PipelineCase => ({
  nodes: [step('work', 'work')],
  result: null,
  steps: { work },
});

/** Activities for a recording: every run is a promotion, whose cohort turns out worse. */
export function recordedLoops(): Partial<LoopActivities & WatchActivities> {
  let version = 1;
  return {
    decide: async (request) => decideLoop(request),
    loopPolicy: async () => null,
    writeDecisions: async () => undefined,
    runEnd: async ({ runId }) => {
      version++;
      const more = {
        verdict: 'passed',
        modelVersion: String(version),
        previous: String(version - 1),
        reasons: ['better'],
      };
      return { runId, status: 'promoted', ...more };
    },
    judgeCohort: async ({ provisional: { runId, version } }) => ({
      ...{ runId, version, metric: 'auc', higherIsBetter: true, rows: 1_000 },
      champion: 0.6,
      previous: 0.7,
    }),
    rollBack: async () => ({ done: true, words: 'the one before is champion again' }),
    tellFired: async () => undefined,
    watchStart: async ({ pipeline }) => ({
      policy: LoopPolicy.parse({ pipeline, watch: { source: 'x' } }),
      mark: null,
    }),
    watchData: async () => ({ evidence: [], mark: { until: 'now' } }),
    watchDrift: async () => {
      throw ApplicationFailure.nonRetryable('no reference');
    },
    watchPerformance: async () => ({ evidence: [], mark: {} }),
    watchAlias: async () => ({ handMove: null, mark: {} }),
    tellFindings: async () => undefined,
  };
}

/** A step that ends when the test says so. */
export function gate() {
  const waiting: (() => void)[] = [];
  let wide = false;
  return {
    step: () => new Promise<null>((resolve) => (wide ? resolve(null) : waiting.push(() => resolve(null)))),
    /** For those that wait, and for those to come. */
    openForAll: () => {
      wide = true;
      for (const go of waiting.splice(0)) go();
    },
    open: async () => {
      while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      waiting.shift()?.();
    },
  };
}
