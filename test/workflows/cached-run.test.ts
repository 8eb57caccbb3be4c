/** A run of what is cached: nothing is asked for again that the plan had found, and nobody sees a difference. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cachedStep, type StepCache } from '#activities/dispatch/cached-step.ts';
import { LastKeys } from '#activities/dispatch/last-key.ts';
import { ResultCache } from '#activities/dispatch/result-cache.ts';
import { stageDigest } from '#activities/dispatch/stage-versions.ts';
import { planRun } from '#activities/run/plan-run.ts';
import { type EndWithoutRecord, endWithoutRecord } from '#adapters/temporal/ends-without-record.ts';
import { runProgress } from '#adapters/temporal/runs.ts';
import type { PlanRequest } from '#contracts/activities.ts';
import type { Json } from '#contracts/json.ts';
import type { PlanNode } from '#contracts/plan.ts';
import type { NodeRecord, RunRecord, RunResult, StepCall } from '#contracts/run.ts';
import { type StageName, stages } from '#contracts/stages/index.ts';
import { recordFromHistory } from '#records/from-history.ts';
import { createFolderStore } from '../conformance/folder-store.ts';
import { registryWith } from '../fixtures/registry.ts';
import { code, type Harness, ref, startHarness, step } from './harness.ts';

type Work = (input: never, call: StepCall) => unknown;
interface Pipeline {
  nodes: PlanNode[];
  result?: Json;
  steps: Record<string, Work>;
  effects?: string[];
}

let harness: Harness;
let folder: string;
let cache: StepCache;
const pipelines = new Map<string, Pipeline>();
/** Ids of the nodes whose step really worked, in order. */
let worked: string[] = [];
/** false: as a worker of an earlier version plans. */
let serving = true;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-cached-run-'));
  const store = createFolderStore(folder);
  cache = { results: new ResultCache(store), last: new LastKeys(store), identify: async ({ input }) => ({ input }) };
  const of = (pipeline: string) => pipelines.get(pipeline) as Pipeline;
  const activities = {
    planRun: (request: PlanRequest) => {
      const { nodes, result = null, steps, effects = [] } = of(request.pipeline);
      const pinned = Object.keys(steps).map((name) => {
        const stage = Object.hasOwn(stages, name) ? stages[name as StageName].settings : null;
        const effect = stage?.effect ?? effects.includes(name);
        const pinned = stage ? { kind: 'stage' as const, digest: stageDigest(name) ?? '', cache: stage.cache } : {};
        return [name, code({ effect, ...pinned })] as const;
      });
      const compile = async () => ({
        graph: { pipeline: request.pipeline, model: null, asOf: '2026-01-01T00:00:00.000Z', params: {}, nodes, result },
        champion: null,
        bundle: 'b'.repeat(64),
        steps: Object.fromEntries(pinned),
      });
      const tracking = registryWith(() => null);
      const deps = { code: { compile }, store, tracking, environment: 'dev', host: 'here' };
      return planRun({ ...deps, ...(serving ? { cache } : {}) }, request);
    },
    default: (call: StepCall) => {
      const work = async () => {
        worked.push(call.node);
        const output = await of(call.run.pipeline).steps[call.step]?.(call.input as never, call);
        return { output: (output ?? null) as Json, readAsOf: false };
      };
      return cachedStep(cache, call, work);
    },
  };
  harness = await startHarness({ activities });
});
afterAll(async () => {
  await harness?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

interface Ran {
  result: RunResult;
  record: RunRecord;
  events: Record<string, number>;
  attributes: Record<string, unknown>;
}
const run = async (pipeline: string, id: string): Promise<Ran> => {
  worked = [];
  const handle = await harness.start(pipeline, { workflowId: `run/${pipeline}/${id}` });
  const result = await harness.result(handle);
  const { events } = await handle.fetchHistory();
  const counted = { tasks: 0, activities: 0, markers: 0, upserts: 0, timers: 0 };
  for (const event of events ?? []) {
    if (event.workflowTaskCompletedEventAttributes) counted.tasks++;
    if (event.activityTaskScheduledEventAttributes) counted.activities++;
    if (event.markerRecordedEventAttributes) counted.markers++;
    if (event.upsertWorkflowSearchAttributesEventAttributes) counted.upserts++;
    if (event.timerStartedEventAttributes) counted.timers++;
  }
  const { typedSearchAttributes } = await handle.describe();
  const attributes = Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
  return { result, record: harness.records.get(handle.workflowId) as RunRecord, events: counted, attributes };
};
const define = (name: string, pipeline: Pipeline) => {
  pipelines.set(name, pipeline);
  return name;
};
const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
/** What a reader sees, but for durations and ids of runs. */
const seen = ({ result, record, attributes }: Ran) => ({
  // Instances of a map stand in the order in which they came to be.
  nodes: result.nodes.map((node) => ({ ...node, ms: node.ms === null ? null : 0 })).toSorted(byId),
  story: { ...result, runId: '', nodes: [] },
  outcomes: record.outcomes.map((outcome): NodeRecord => ({ ...outcome, ms: 0 })).toSorted(byId),
  plan: record.plan,
  attributes,
});

/** As the flagship: data, its views, a model, its judgement, and what follows when it is good enough. */
const flagship = (of: string, passes: boolean): Pipeline => ({
  nodes: [
    step('tables', 'fetchTables', { of }),
    step('flights', 'validateData', { source: ref('tables', 'flights') }),
    step('weather', 'validateData', { source: ref('tables', 'weather') }),
    step('fleet', 'tidyFleet', { planes: ref('tables', 'planes') }, { after: ['weather'] }),
    step('features', 'featurize', {
      data: ref('flights', 'snapshot'),
      views: [{ data: ref('weather', 'snapshot') }, { data: ref('fleet') }],
    }),
    step('candidate', 'train', { features: ref('features', 'train'), params: { rounds: 300 } }),
    step('report', 'evaluate', { candidate: ref('candidate', 'model'), holdout: ref('features', 'holdout') }),
    step('verdict', 'gate', { report: ref('report', 'evidence'), rules: { metric: 'auc', minimumEffect: 0.01 } }),
    {
      id: 'when',
      kind: 'when',
      condition: ref('verdict', 'passed') as Json,
      blocks: [
        {
          nodes: [
            step('register', 'register', { candidate: ref('candidate', 'model'), verdict: ref('verdict', 'record') }),
            step('promote', 'promote', { version: ref('register', 'ref') }),
          ],
        },
      ],
    },
  ],
  result: { verdict: ref('verdict', 'record') } as Json,
  steps: {
    fetchTables: () => ({ flights: `${of}/flights`, weather: `${of}/weather`, planes: `${of}/planes` }),
    // One digest, so that the run is found by it whichever of them ends last.
    validateData: ({ source }: never) => ({ snapshot: { kind: 'dataset', digest: 'md5:rows', uri: source } }),
    tidyFleet: ({ planes }: never) => ({ kind: 'dataset', digest: `md5:${planes}` }),
    featurize: ({ data }: { data: { uri: string } }) => ({ train: { uri: data.uri }, holdout: { uri: data.uri } }),
    train: (input: Json) => ({ model: { trained: JSON.stringify(input) } }),
    evaluate: (input: Json) => ({ evidence: { judged: JSON.stringify(input) } }),
    gate: () => ({
      passed: passes,
      record: { outcome: passes ? 'passed' : 'refused', digest: 'v', reasons: ['auc'], report: null },
    }),
    register: () => ({ ref: { version: '7' } }),
    promote: () => ({ champion: '7', previous: null }),
  },
});
const cachedNodes = ['tables', 'flights', 'weather', 'fleet', 'features', 'candidate', 'report'];

test('an unchanged run whose candidate is refused does nothing but what the gate tells MLflow: two workflow tasks', async () => {
  const name = define('refused', flagship('refused', false));
  const first = await run(name, '1');
  expect(worked.toSorted()).toEqual([...cachedNodes, 'verdict'].toSorted());
  expect(first.events.activities).toBe(8);

  const again = await run(name, '2');
  expect(worked).toEqual(['verdict']);
  // The markers are those of the plan and of the record.
  expect(again.events).toEqual({ tasks: 2, activities: 1, markers: 2, upserts: 3, timers: 0 });
  expect(again.result.status).toBe('refused');
  expect(again.result.nodes.filter(({ cached }) => cached).map(({ id }) => id)).toEqual(cachedNodes);

  serving = false;
  const before = await run(name, '3').finally(() => {
    serving = true;
  });
  expect(before.events.activities).toBe(8);
  expect(seen(again)).toEqual(seen(before));
});

test('of one whose candidate passes only the gate and the effects are done, each once', async () => {
  const name = define('passed', flagship('passed', true));
  await run(name, '1');
  const again = await run(name, '2');
  expect(worked).toEqual(['verdict', 'register', 'promote']);
  expect(again.events).toMatchObject({ tasks: 4, activities: 3 });
  serving = false;
  const before = await run(name, '3').finally(() => {
    serving = true;
  });
  expect(seen(again)).toEqual(seen(before));
});

test('a run starts at the first miss, and goes on with what is cached beside it', async () => {
  const { nodes, steps, ...rest } = flagship('missed', false);
  const name = define('missed', { nodes, steps, ...rest });
  await run(name, '1');
  const changed = nodes.map((node) =>
    node.id === 'candidate' ? { ...node, input: { ...(node.input as object), params: { rounds: 301 } } as Json } : node,
  );
  define('missed', { nodes: changed, steps, ...rest });
  const { events } = await run(name, '2');
  expect(worked).toEqual(['candidate', 'report', 'verdict']);
  expect(events).toMatchObject({ activities: 3, tasks: 4 });
});

test('maps, branches, attempts and what always runs: all of them cached, they are one workflow task', async () => {
  const name = define('containers', {
    nodes: [
      step('list', 'make', [1, 2, 3]),
      {
        id: 'fit',
        kind: 'map',
        input: ref('list') as Json,
        blocks: [
          {
            nodes: [
              step('double', 'double', ref('fit/item')),
              step('place', 'make', [ref('double'), ref('fit/index')]),
            ],
            result: ref('place') as Json,
          },
        ],
      },
      {
        id: 'settled',
        kind: 'mapSettled',
        input: ref('fit') as Json,
        blocks: [{ nodes: [step('inner', 'make', ref('settled/item'))], result: ref('inner') as Json }],
      },
      step('yes', 'make', true),
      {
        id: 'choice',
        kind: 'when',
        condition: ref('yes') as Json,
        blocks: [
          { nodes: [step('taken', 'make', ref('settled'))], result: { of: ref('taken') } as Json },
          { nodes: [step('left', 'make', 'left')], result: ref('left') as Json },
        ],
      },
      {
        id: 'try',
        kind: 'attempt',
        blocks: [
          { nodes: [step('tried', 'make', ref('choice', 'of'))], result: ref('tried') as Json },
          { nodes: [step('rescue', 'make', ref('try/failure'))], result: ref('rescue') as Json },
        ],
      },
      { id: 'tidy', kind: 'always', blocks: [{ nodes: [step('swept', 'make', 'swept')] }] },
      step('last', 'make', ref('try')),
    ],
    result: ref('last') as Json,
    steps: { make: (input: never) => input, double: (input: number) => input * 2 },
  });
  const first = await run(name, '1');
  const again = await run(name, '2');
  expect(worked).toEqual([]);
  expect(again.events).toMatchObject({ tasks: 1, activities: 0 });
  expect(again.result.output).toEqual(first.result.output);
  serving = false;
  const before = await run(name, '3').finally(() => {
    serving = true;
  });
  expect(seen(again)).toEqual(seen(before));
});

test('what the plan was given and a later step finds damaged is made again', async () => {
  let whole = true;
  const name = define('damaged', {
    nodes: [
      step('data', 'make', { uri: 's3://elsewhere/data' }),
      step('other', 'make', { uri: 's3://elsewhere/other' }),
      step('use', 'use', [ref('data'), ref('other')]),
    ],
    steps: {
      make: ({ uri }: { uri: string }) => {
        whole = true;
        return { kind: 'file', uri };
      },
      use: () => {
        if (!whole) throw ApplicationFailure.nonRetryable('other bytes', 'ArtifactDamaged', 's3://elsewhere/data');
        return 'used';
      },
    },
    effects: ['use'],
  });
  await run(name, '1');
  whole = false;
  const { result } = await run(name, '2');
  expect(result.status).toBe('finished');
  expect(worked).toEqual(['use', 'data', 'use']);
});

test('the record of a run that is ended by force has what its plan was given', async () => {
  const asks = { title: 'Ship?', evidence: {}, by: ['anna'], quorum: 1, timeout: '2d', onTimeout: 'reject' } as Json;
  const nodes: PlanNode[] = [step('data', 'make', 'forced')];
  const steps = { make: (input: never) => input };
  const name = define('forced', { nodes, steps });
  await run(name, '1');
  define('forced', { nodes: [...nodes, { id: 'ok', kind: 'approval', input: asks, after: ['data'] }], steps });
  const handle = await harness.start(name, { workflowId: `run/${name}/2` });
  await expect
    .poll(() => runProgress(harness.environment.client, handle.workflowId), { timeout: 20_000 })
    .toMatchObject({
      status: 'waiting',
    });
  await handle.terminate('enough');
  const { outcomes, result } = recordFromHistory((await endWithoutRecord(handle)) as EndWithoutRecord, 'dev');
  expect(outcomes).toMatchObject([{ id: 'data', cached: true, output: 'forced' }]);
  expect(result.nodes).toMatchObject([
    { id: 'data', status: 'done', cached: true },
    { id: 'ok', status: 'skipped' },
  ]);
});
