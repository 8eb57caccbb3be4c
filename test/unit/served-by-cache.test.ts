/** What a plan is given of the cache: what a run would be served, and nothing that could have changed until the run gets there. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cachedStep, type StepCache } from '#activities/dispatch/cached-step.ts';
import { LastKeys } from '#activities/dispatch/last-key.ts';
import { LookupsAhead } from '#activities/dispatch/lookups-ahead.ts';
import { planCache, servedByCache } from '#activities/dispatch/plan-cache.ts';
import { ResultCache } from '#activities/dispatch/result-cache.ts';
import { stageDigest } from '#activities/dispatch/stage-versions.ts';
import { type PlanDeps, planRun } from '#activities/run/plan-run.ts';
import type { Json } from '#contracts/json.ts';
import { storeKey } from '#contracts/names.ts';
import type { Plan, PlanNode, StepCode } from '#contracts/plan.ts';
import type { NodeRecord, RunContext, RunEnvelope } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import { createFolderStore, type FolderStore } from '../conformance/folder-store.ts';
import { registryWith } from '../fixtures/registry.ts';

let folder: string;
let worlds = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-served-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ref = (...path: string[]) => ({ $ref: path });
const node = (id: string, step: string, input: unknown = {}, more: Partial<PlanNode> = {}): PlanNode => ({
  ...{ id, kind: 'run', step, input: input as Json },
  ...more,
});
const code = (settings: Partial<StepCode> = {}): StepCode => ({
  ...{ kind: 'typescript', digest: 'd'.repeat(64), effect: false, cache: true, timeout: '1h', attempts: 3 },
  ...{ queue: null, place: 'any', memoryMb: null, program: null },
  ...settings,
});
const run: RunContext = {
  ...{ id: 'run/demo/2', pipeline: 'demo', model: null, environment: 'dev', asOf: '2026-01-01T00:00:00.000Z' },
  trigger: { kind: 'manual', id: '2', reason: '', figures: {}, who: 'test', at: '2026-01-01T00:00:00.000Z' },
};
const planOf = (nodes: PlanNode[], steps: Record<string, Partial<StepCode>> = {}): Plan => ({
  ...{ format: 1, pipeline: 'demo', model: null, params: {}, asOf: run.asOf, champion: null, bundle: 'b' },
  steps: { make: code(), ...Object.fromEntries(Object.entries(steps).map(([name, more]) => [name, code(more)])) },
  ...{ nodes, result: null },
});

interface World {
  store: FolderStore;
  cache: StepCache;
  /** Does the step with this input now, as a run would. */
  fill(step: string, input: Json, output: Json, more?: { readAsOf?: boolean; code?: StepCode }): Promise<NodeRecord>;
  served(plan: Plan, more?: { kept?: NodeRecord[]; signal?: AbortSignal; cache?: StepCache }): Promise<NodeRecord[]>;
  ids(plan: Plan, more?: Parameters<World['served']>[1]): Promise<string[]>;
}
function world(identify: StepCache['identify'] = async ({ input }) => ({ input })): World {
  const store = createFolderStore(join(folder, String(++worlds)));
  const cache = { results: new ResultCache(store), last: new LastKeys(store), identify };
  const own: World = {
    store,
    cache,
    async fill(step, input, output, { readAsOf = false, code: pinned = code() } = {}) {
      const call = {
        run: { ...run, id: 'run/demo/1' },
        node: 'n',
        step,
        code: pinned,
        bundle: 'b',
        input,
        cache: true,
      };
      return { id: 'n', step, input, ...(await cachedStep(cache, call, async () => ({ output, readAsOf }))) };
    },
    async served(plan, { kept = [], signal = new AbortController().signal, cache: of = cache } = {}) {
      const records: NodeRecord[] = [];
      await servedByCache(of, plan, run, { kept, signal, serve: (record) => records.push(record) });
      return records;
    },
    ids: async (plan, more) => (await own.served(plan, more)).map(({ id }) => id).toSorted(),
  };
  return own;
}

it('is what the step itself would be given, word for word', async () => {
  const { fill, served, cache } = world();
  await fill('make', { n: 1 }, { x: 2 });
  await fill('make', { n: 2 }, { x: 3 });
  const plan = planOf([node('one', 'make', { n: 1 }), node('two', 'make', { n: ref('one', 'x') })]);
  const records = await served(plan);
  for (const record of records) {
    const call = { run, node: record.id, step: 'make', code: code(), bundle: 'b', input: record.input, cache: true };
    const asked = await cachedStep(cache, call, () => Promise.reject(new Error('it is cached')));
    expect({ ...record, ms: 0 }).toEqual({ id: record.id, step: 'make', input: record.input, ...asked, ms: 0 });
  }
  expect(records.map(({ id, output }) => [id, output])).toEqual([
    ['one', { x: 2 }],
    ['two', { x: 3 }],
  ]);
});

it('ends at the first miss of each way through the graph', async () => {
  const { fill, ids } = world();
  for (const n of [1, 3]) await fill('make', n, n + 1);
  const chain = (first: number, name: string) => [
    node(`${name}1`, 'make', first),
    node(`${name}2`, 'make', ref(`${name}1`)),
  ];
  expect(await ids(planOf([...chain(1, 'a'), ...chain(3, 'b'), ...chain(9, 'c')]))).toEqual(['a1', 'b1']);
});

it('has no effects, no steps that ask not to be cached, and nothing that waits for one of them', async () => {
  const { fill, ids } = world();
  await fill('make', 'x', 'made');
  const steps = { effect: { effect: true }, never: { cache: false } };
  const plan = planOf(
    [
      node('beside', 'make', 'x'),
      node('effect', 'effect', 'x'),
      node('never', 'never', 'x'),
      node('asked', 'make', 'x', { options: { cache: false } }),
      // Their input is known, but what they read may be what the other writes.
      ...['effect', 'never', 'asked'].map((id) => node(`after-${id}`, 'make', 'x', { after: [id] })),
      node('after-beside', 'make', 'x', { after: ['beside'] }),
    ],
    steps,
  );
  expect(await ids(plan)).toEqual(['after-beside', 'beside']);
});

it('goes on after a branch only when nothing in it has to run', async () => {
  const { fill, ids } = world();
  await fill('make', true, true);
  await fill('make', 'x', 'made');
  const branch = (id: string, condition: unknown, nodes: PlanNode[]): PlanNode => ({
    ...{ id, kind: 'when', condition: condition as Json },
    blocks: [{ nodes, result: 'known' }],
  });
  const plan = planOf(
    [
      node('yes', 'make', true),
      branch('quiet', ref('yes'), [node('inner', 'make', 'x')]),
      branch('loud', ref('yes'), [node('effect', 'effect', 'x'), node('beside', 'make', 'x')]),
      branch('left', { no: true }, [node('nothing', 'make', 'x')]),
      node('after-quiet', 'make', 'x', { after: ['quiet'] }),
      node('after-loud', 'make', 'x', { after: ['loud'] }),
      node('after-left', 'make', 'x', { after: ['left'] }),
    ],
    { effect: { effect: true } },
  );
  expect(await ids(plan)).toEqual(['after-left', 'after-quiet', 'beside', 'inner', 'yes']);
});

it('goes through a map item by item, once the first shows that there is something', async () => {
  const { fill, ids } = world();
  await Promise.all([1, 2, 3].map((n) => fill('make', n, n)));
  const map = (items: number[]): PlanNode => ({
    ...{ id: 'map', kind: 'map', input: items },
    blocks: [{ nodes: [node('in', 'make', ref('map/item'))], result: ref('in') as Json }],
  });
  const after = node('after', 'make', ref('map', '0'));
  expect(await ids(planOf([map([1, 2, 3]), after]))).toEqual(['after', 'map[0]/in', 'map[1]/in', 'map[2]/in']);
  expect(await ids(planOf([map([1, 9, 3]), after]))).toEqual(['map[0]/in', 'map[2]/in']);
  const many = Array.from({ length: 200 }, (_, n) => n + 100);
  const { store } = world();
  let reads = 0;
  const get = async () => {
    reads++;
    return null;
  };
  const counting: ObjectStore = { ...store, get };
  const cold = { ...world().cache, results: new ResultCache(counting) };
  expect(await ids(planOf([map(many)]), { cache: cold })).toEqual([]);
  expect(reads).toBe(1);
});

it('keeps to the time that a step reads', async () => {
  const { fill, served } = world();
  await fill('make', 'x', 'of then', { readAsOf: true });
  const plan = planOf([node('dated', 'make', 'x')]);
  expect(await served(plan)).toMatchObject([{ output: 'of then' }]);
  const own = world();
  await own.fill('make', 'x', 'of then', { readAsOf: true });
  const later = { ...run, asOf: '2026-02-01T00:00:00.000Z' };
  const records: NodeRecord[] = [];
  const signal = new AbortController().signal;
  await servedByCache(own.cache, plan, later, { kept: [], signal, serve: (record) => records.push(record) });
  expect(records).toEqual([]);
});

it('has no result whose entry is damaged, or whose artifact is gone', async () => {
  const { fill, ids, store } = world();
  const uri = store.uri('evidence/ab/x.json');
  await store.put('evidence/ab/x.json', '{}');
  await fill('make', 1, { uri });
  await fill('make', 2, { total: 4_200 });
  const plan = planOf([node('refers', 'make', 1), node('counts', 'make', 2)]);
  expect(await ids(plan)).toEqual(['counts', 'refers']);
  await store.delete('evidence/ab/x.json');
  for (const name of await readdir(join(store.folder, 'cache'), { recursive: true })) {
    const path = join(store.folder, 'cache', name);
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text.includes('4200')) await writeFile(path, text.replace('4200', '4201'));
  }
  expect(await ids(plan)).toEqual([]);
});

it('leaves a stage of another version to the workers that have it', async () => {
  const pinned = { kind: 'stage', digest: stageDigest('featurize') ?? '' } as const;
  const other = { kind: 'stage', digest: 'e'.repeat(64) } as const;
  const { fill, ids } = world();
  for (const settings of [pinned, other]) await fill('featurize', 'x', 'made', { code: code(settings) });
  const plan = (settings: Partial<StepCode>) => planOf([node('features', 'featurize', 'x')], { featurize: settings });
  expect(await ids(plan(pinned))).toEqual(['features']);
  expect(await ids(plan(other))).toEqual([]);
});

it('goes on from what a retry keeps', async () => {
  const { fill, ids } = world();
  await fill('make', 'kept', 'made');
  const plan = planOf([node('effect', 'effect', 'x'), node('next', 'make', ref('effect'))], {
    effect: { effect: true },
  });
  const kept = {
    id: 'effect',
    step: 'effect',
    input: 'x',
    output: 'kept',
    cached: false,
    reason: '',
    key: null,
    ms: 1,
  };
  expect(await ids(plan, { kept: [kept] })).toEqual(['next']);
  expect(await ids(plan, { kept: [{ ...kept, input: 'y' }] })).toEqual([]);
});

it('foresees nothing by what a fork may not keep', async () => {
  const { fill, cache, store } = world();
  await fill('make', 'x', 'made');
  const plan = planOf([node('effect', 'effect', 'x'), node('next', 'make', 'x', { after: ['effect'] })], {
    effect: { effect: true },
  });
  const kept = { id: 'effect', step: 'effect', input: 'x', output: 'did', cached: false, reason: '', key: null, ms: 1 };
  const result = { ...{ runId: 'run/demo/1', pipeline: 'demo', status: 'failed', verdict: null }, reasons: [] };
  const record = {
    ...{ format: 1, run: { ...run, id: 'run/demo/1' }, plan, startedAt: run.asOf, endedAt: run.asOf },
    result: { ...result, modelVersion: null, report: null, nodes: [], output: null },
    ...{ failure: null, outcomes: [kept], approvals: [], resumedFrom: null },
  };
  await store.put('records/run/demo/1.json', JSON.stringify(record));
  const taken = async (resume: RunEnvelope['resume']) =>
    (await planRun(planner(plan, cache, store), { ...asked, envelope: { resume } })).served?.map(({ id }) => id);
  expect(await taken({ runId: 'run/demo/1', mode: 'retry' })).toEqual(['next']);
  expect(await taken({ runId: 'run/demo/1', mode: 'fork', from: 'effect' })).toBeUndefined();
});

it('leaves to the step what cannot be looked up, so that the step tells why', async () => {
  const { fill, ids } = world(async ({ input }) => {
    if (input === 'gone') throw new Error('nothing is there');
    return input === 'unknown' ? { uncached: 'nobody knows' } : { input };
  });
  await fill('make', 'x', 'made');
  const nodes = ['x', 'gone', 'unknown'].map((input) => node(input, 'make', input));
  expect(await ids(planOf(nodes))).toEqual(['x']);
});

it('asks for what waits for nothing together, for a bounded number at once', async () => {
  const { fill, ids, store } = world();
  const wide = Array.from({ length: 60 }, (_, n) => n);
  await Promise.all(wide.map((n) => fill('make', n, n)));
  let now = 0;
  let most = 0;
  const get = async (key: string) => {
    most = Math.max(most, ++now);
    const body = await store.get(key);
    now--;
    return body;
  };
  const cache = { ...world().cache, results: new ResultCache({ ...store, get }) };
  expect(await ids(planOf(wide.map((n) => node(`n${n}`, 'make', n))), { cache })).toHaveLength(60);
  expect(most).toBe(16);
});

const planner = (plan: Plan, cache: StepCache | undefined, store: ObjectStore): PlanDeps => ({
  ...{ environment: 'dev', host: 'here', store, ...(cache ? { cache } : {}) },
  tracking: registryWith(() => null),
  code: {
    compile: async () => ({
      graph: { pipeline: 'demo', model: null, asOf: run.asOf, params: {}, nodes: plan.nodes, result: null },
      ...{ champion: null, bundle: 'b', steps: plan.steps },
    }),
  },
});
const asked = { workflowId: 'run/demo/2', pipeline: 'demo', params: {}, envelope: {}, startedAt: run.asOf };

it('has room beside the plan for so much; what finds none is left to its step, and what follows is served', async () => {
  const { fill, cache, store } = world();
  const large = 'x'.repeat(60_000);
  const ids = Array.from({ length: 6 }, (_, n) => `large${n}`);
  await Promise.all(ids.map((id) => fill('make', id, { large, next: `after ${id}` })));
  await fill('make', 'after large5', { small: true });
  const plan = planOf([...ids.map((id) => node(id, 'make', id)), node('next', 'make', ref('large5', 'next'))]);
  const { served = [], ...rest } = await planRun(planner(plan, cache, store), asked);
  expect(served.filter(({ id }) => id !== 'next')).toHaveLength(4);
  expect(served.map(({ id }) => id)).toContain('next');
  expect(JSON.stringify({ plan: rest.plan, served }).length).toBeLessThan(256 * 1024);
});

it('is nothing for a plan without a cache, and for one that is made again', async () => {
  const { fill, cache, store } = world();
  await fill('make', 'x', 'made');
  const plan = planOf([node('a', 'make', 'x')]);
  expect((await planRun(planner(plan, cache, store), asked)).served).toHaveLength(1);
  expect((await planRun(planner(plan, undefined, store), asked)).served).toBeUndefined();
  const again = { ...asked, rejudge: true, previous: plan };
  expect((await planRun(planner(plan, cache, store), again)).served).toBeUndefined();
});

it('is what was found until then when the store does not answer', async () => {
  const { fill, cache, store } = world();
  await fill('make', 'quick', 'made');
  const identify: StepCache['identify'] = ({ input }) =>
    input === 'slow' ? new Promise(() => undefined) : Promise.resolve({ input });
  const plan = planOf([node('quick', 'make', 'quick'), node('slow', 'make', 'slow')]);
  const { served } = await planRun(planner(plan, { ...cache, identify }, store), asked);
  expect(served?.map(({ id }) => id)).toEqual(['quick']);
});

it('is what `ratchet plan` calls cached', async () => {
  const { fill, cache, ids } = world();
  await fill('make', 1, 2);
  await fill('make', 2, 3);
  const plan = planOf([
    node('a', 'make', 1),
    node('b', 'make', ref('a')),
    node('c', 'make', ref('b')),
    { id: 'map', kind: 'map', input: [1, 2], blocks: [{ nodes: [node('in', 'make', ref('map/item'))] }] },
  ]);
  const told = await planCache(cache, plan, run);
  expect(told.map(({ id, cached }) => [id, cached])).toEqual([
    ['a', true],
    ['b', true],
    ['c', false],
    ['map', null],
    ['in', null],
  ]);
  expect(told.at(-2)?.reason).toBe('2 of 2 items are cached');
  expect(await ids(plan)).toEqual(['a', 'b', 'map[0]/in', 'map[1]/in']);
});

it('asks at once for what the last plan found, and serves only what is there now', async () => {
  const { cache, store, fill, ids } = world();
  const chain = planOf([
    node('a', 'make', { n: 1 }),
    node('b', 'make', { from: ref('a') }),
    node('c', 'make', { from: ref('b') }),
  ]);
  await fill('make', { n: 1 }, 'of a');
  await fill('make', { from: 'of a' }, 'of b');
  const last = await fill('make', { from: 'of b' }, 'of c');
  let open = 0;
  let most = 0;
  const results = new ResultCache({
    ...store,
    get: async (key) => {
      most = Math.max(most, ++open);
      // Until all that was begun together has been asked for.
      await new Promise((next) => setImmediate(next));
      return store.get(key).finally(() => open--);
    },
  });
  const ahead: StepCache = { ...cache, results, ahead: new LookupsAhead() };
  expect(await ids(chain, { cache: ahead })).toEqual(['a', 'b', 'c']);
  expect(most).toBe(1);
  expect(await ids(chain, { cache: ahead })).toEqual(['a', 'b', 'c']);
  expect(most).toBe(3);
  await store.delete(storeKey.cache(last.key ?? ''));
  expect(await ids(chain, { cache: ahead })).toEqual(['a', 'b']);
  await fill('make', { from: 'of b' }, 'anew');
  const records: NodeRecord[] = [];
  const { signal } = new AbortController();
  await servedByCache(ahead, chain, run, { kept: [], signal, serve: (record) => records.push(record) });
  expect(records.map(({ output }) => output)).toEqual(['of a', 'of b', 'anew']);
});
