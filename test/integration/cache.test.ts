/** The cache at the level of one step: what hits, what misses and why, and what it never gets wrong. */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LastKeys } from '#activities/dispatch/last-key.ts';
import { runLogFolder } from '#activities/dispatch/node-log.ts';
import { planCache } from '#activities/dispatch/plan-cache.ts';
import { cacheKey, ResultCache } from '#activities/dispatch/result-cache.ts';
import type { Json } from '#contracts/json.ts';
import type { ObjectStore } from '#ports/store.ts';
import { makeProject, type Project } from '../fixtures/project.ts';
import { attempt, failureOf, type Runtime, startRuntime, startStore } from '../fixtures/runtime.ts';
import { waitUntil } from '../fixtures/wait-until.ts';

let server: Awaited<ReturnType<typeof startStore>>;
let store: ObjectStore;
let demo: Project;
let of: Runtime;
beforeAll(async () => {
  server = await startStore();
});
afterAll(() => server.close());
afterEach(async () => {
  await of.close();
  await demo.remove();
});

const step = (name: string, run: string, more = '') =>
  `export const ${name} = defineStep({ name: '${name}', input: z.looseObject({}), output: z.any(), ${more} run: ${run} });`;
const head =
  "import { definePipeline, defineStep } from 'ratchet-ml';\nimport { z } from 'zod';\nimport { setTimeout as sleep } from 'node:timers/promises';\n";
const pipeline = (graph: string, ...steps: string[]) =>
  `${head}${steps.join('\n')}\nexport default definePipeline({ name: 'demo', params: z.object({ n: z.number().default(1) }), graph: ({ run, when, params }) => { ${graph} } });`;

/** Every call of a step that runs gives another number. */
const counts =
  'async ({ ms }) => { await sleep(ms ?? 0); return { at: process.hrtime.bigint().toString() + process.pid }; }';

async function start(text: string): Promise<void> {
  store = await server.open();
  demo = await makeProject({ 'package.json': '{"type":"module"}', 'pipelines/demo/pipeline.ts': text });
  of = startRuntime(demo, store);
}
const once = async (name: string, input: Json = {}, more = {}) =>
  of.dispatch(of.call(await of.plan(), name, input, more));

describe('a cached step', () => {
  it('is served the second time, and says since when', async () => {
    await start(pipeline('run(count, {})', step('count', counts)));
    const first = await once('count', { a: 1 });
    expect(first).toMatchObject({ cached: false, reason: 'miss: first time for this node' });
    const second = await once('count', { a: 1 });
    expect(second).toMatchObject({
      cached: true,
      reason: expect.stringMatching(/^hit: same code and input as run\/demo\/1, computed \d{4}-\d\d-\d\dT[\d:.]+Z$/),
      output: first.output,
    });
  });

  it('misses with the reason in words', async () => {
    await start(pipeline('run(count, {})', step('count', counts)));
    await once('count', { data: 'a', rate: 1 });
    expect((await once('count', { data: 'b', rate: 1 })).reason).toBe('miss: input.data changed');
    expect((await once('count', { rate: 2 })).reason).toBe('miss: input.data, input.rate changed');
    await demo.write({ 'pipelines/demo/pipeline.ts': pipeline('run(count, {})', step('count', counts), '// edited') });
    expect((await once('count', { rate: 2 })).reason).toBe("miss: the step's code changed");
    expect((await once('count', { rate: 2 })).cached).toBe(true);
  });

  it('is not served to another environment', async () => {
    await start(pipeline('run(count, {})', step('count', counts)));
    const planned = await of.plan();
    await of.dispatch(of.call(planned, 'count'));
    const elsewhere = { ...planned, run: { ...planned.run, environment: 'prod' } };
    expect((await of.dispatch(of.call(elsewhere, 'count'))).cached).toBe(false);
  });

  it('that reads asOf is served for that time only', async () => {
    await start(pipeline('run(dated, {})', step('dated', '(_, { asOf }) => asOf')));
    const at = async (asOf: string) => of.dispatch(of.call(await of.plan({ envelope: { asOf } }), 'dated'));
    expect(await at('2026-01-01T00:00:00Z')).toMatchObject({ cached: false, output: '2026-01-01T00:00:00.000Z' });
    expect(await at('2026-02-01T00:00:00Z')).toMatchObject({ cached: false, output: '2026-02-01T00:00:00.000Z' });
    expect(await at('2026-01-01T00:00:00Z')).toMatchObject({ cached: true, output: '2026-01-01T00:00:00.000Z' });
  });

  it('is computed again when an artifact of it is gone, even if the result differs then', async () => {
    await start(
      pipeline(
        'run(makes, {})',
        step('makes', 'async ({ uri }) => ({ kind: "file", uri, at: process.hrtime.bigint().toString() })'),
      ),
    );
    await store.put('evidence/ab/x.json', '{}');
    const uri = store.uri('evidence/ab/x.json');
    const first = await once('makes', { uri });
    expect((await once('makes', { uri })).output).toEqual(first.output);
    await store.delete('evidence/ab/x.json');
    const again = await once('makes', { uri });
    expect(again).toMatchObject({ cached: false, reason: `miss: artifact ${uri} is gone or damaged` });
    expect(again.output).not.toEqual(first.output);
    await store.put('evidence/ab/x.json', '{}');
    expect(await once('makes', { uri })).toMatchObject({ cached: true, output: again.output });
  });

  it('is computed again, and replaced, when the run knows an artifact of it to be damaged', async () => {
    await start(
      pipeline(
        'run(makes, {})',
        step('makes', 'async ({ uri }) => ({ kind: "file", uri, at: process.hrtime.bigint().toString() })'),
      ),
    );
    const uri = 'models:/m-1';
    const first = await once('makes', { uri });
    const call = of.call(await of.plan(), 'makes', { uri });
    const again = await of.dispatch({ ...call, damaged: [uri] });
    expect(again).toMatchObject({ cached: false, reason: `miss: artifact ${uri} is gone or damaged` });
    expect(await once('makes', { uri })).toMatchObject({ cached: true, output: again.output });
    expect(again.output).not.toEqual(first.output);
  });

  it('is computed again when its entry is not what was written', async () => {
    await start(pipeline('run(count, {})', step('count', '() => ({ total: 4_200 })')));
    const { key } = await once('count');
    const place = `cache/${key?.slice(0, 2)}/${key}`;
    const entry = Buffer.from((await store.get(place)) ?? '').toString('utf8');
    await store.put(place, entry.replace('4200', '4201'));
    expect(await once('count')).toMatchObject({ cached: false, output: { total: 4_200 } });
    expect(await once('count')).toMatchObject({ cached: true, output: { total: 4_200 } });
  });

  it('that two runs compute at once goes on with one result in both', async () => {
    await start(pipeline('run(count, {})', step('count', counts)));
    const planned = await of.plan();
    const both = await Promise.all([300, 300].map(() => of.dispatch(of.call(planned, 'count', { ms: 300 }))));
    const stored = await once('count', { ms: 300 });
    expect(stored.cached).toBe(true);
    // Who was first wins, where the second could see it; what is stored is what the last one to ask went on with.
    expect(both.map(({ output }) => output)).toContainEqual(stored.output);
  });

  it('that comes late takes what was there first', async () => {
    await start(pipeline('run(count, {})', step('count', counts)));
    const planned = await of.plan();
    const slow = of.dispatch(of.call(planned, 'count', { ms: 400 }));
    const key = cacheKey({
      code: planned.plan.steps.count?.digest ?? '',
      step: 'count',
      input: { ms: 400 },
      environment: 'dev',
    });
    await new ResultCache(store).fill(
      key,
      { output: 'first', readAsOf: false, run: 'run/demo/0', node: 'count', at: new Date().toISOString() },
      planned.run.asOf,
      false,
    );
    expect((await slow).output).toBe('first');
  });

  it('survives entries that are half written', async () => {
    await start(pipeline('run(count, {})', step('count', counts)));
    const planned = await of.plan();
    const key = cacheKey({
      code: planned.plan.steps.count?.digest ?? '',
      step: 'count',
      input: {},
      environment: 'dev',
    });
    await store.put(`cache/${key.slice(0, 2)}/${key}`, '{"format":1,"kind":"res');
    expect((await once('count')).cached).toBe(false);
    expect((await once('count')).cached).toBe(true);
  });
});

describe('a step that must not be cached', () => {
  it.each([
    ['an effect', 'effect: true,', {}, 'not cached: it has an effect outside'],
    ['one that says so', 'cache: false,', {}, 'not cached: the step or node asks for it'],
    ['one whose node says so', '', { cache: false }, 'not cached: the step or node asks for it'],
  ])('%s runs each time', async (_, settings, more, reason) => {
    await start(pipeline('run(count, {})', step('count', counts, settings)));
    const first = await once('count', {}, more);
    const second = await once('count', {}, more);
    expect(second).toMatchObject({ cached: false, reason, key: null });
    expect(second.output).not.toEqual(first.output);
  });
});

describe('what ratchet plan says of the cache', () => {
  it('follows known outputs, and stops at what is not known', async () => {
    const text = pipeline(
      'const a = run(first, { n: params.n }); const b = run(second, { x: a.x }); const c = run(third, { y: b.y }); when(c.ok, () => { run(fourth, {}); }); run(effect, {});',
      step('first', '({ n }) => ({ x: n })'),
      step('second', '({ x }) => ({ y: x })'),
      step('third', '({ y }) => ({ ok: y > 0 })'),
      step('fourth', '() => 1'),
      step('effect', '() => 1', 'effect: true,'),
    );
    await start(text);
    const planned = await of.plan();
    const cache = {
      results: new ResultCache(store),
      last: new LastKeys(store),
      identify: async ({ input }: { input: Json }) => ({ input }),
    };
    const say = async () =>
      Object.fromEntries((await planCache(cache, planned.plan, planned.run)).map(({ id, reason }) => [id, reason]));
    expect(await say()).toMatchObject({
      first: 'miss: first time for this node',
      second: 'depends on first',
      third: 'depends on second',
      effect: 'not cached: it has an effect outside',
    });
    await once('first', { n: 1 });
    await once('second', { x: 1 });
    expect(await say()).toMatchObject({
      first: expect.stringMatching(/^hit: same code and input as run\/demo\/1, computed \d{4}-/),
      second: expect.stringMatching(/^hit: same code and input as run\/demo\/1, computed \d{4}-/),
      third: 'miss: first time for this node',
      fourth: 'depends on when',
    });
    await once('third', { y: 1 });
    expect(await say()).toMatchObject({ when: 'condition is true', fourth: 'miss: first time for this node' });
  });
});

describe('an attempt that fails', () => {
  it("counts the step's own failures and ends when its attempts are used up", async () => {
    await start(
      pipeline('run(fails, {})', step('fails', "() => { throw new Error('no') }", 'retry: { attempts: 2 },')),
    );
    const call = of.call(await of.plan(), 'fails');
    expect(await failureOf(of.dispatch(call))).toMatchObject({ type: 'StepFailed', final: false });
    expect(await failureOf(of.dispatch(call))).toMatchObject({
      type: 'StepFailed',
      final: true,
      message: expect.stringMatching(/\(tried 2 times\)$/),
    });
  });

  it('is not counted when its process was killed from outside', async () => {
    await start(
      pipeline(
        'run(slow, {})',
        step('slow', "async () => { console.log('begun'); await sleep(60_000); }", 'retry: { attempts: 1 },'),
      ),
    );
    const call = of.call(await of.plan(), 'slow');
    const ended = failureOf(of.dispatch(call));
    await killHosts();
    expect(await ended).toMatchObject({
      type: 'StepHostDied',
      final: false,
      message: expect.stringMatching(/SIGKILL from outside/),
    });
  });

  it('ends as cancelled when somebody cancelled, and is tried again when only the worker stops', async () => {
    await start(pipeline('run(slow, {})', step('slow', '() => sleep(60_000)')));
    const call = of.call(await of.plan(), 'slow');
    for (const [reason, outcome] of [
      ['CANCELLED', { type: 'cancelled' }],
      ['WORKER_SHUTDOWN', { type: 'StepHostDied', final: false }],
    ] as const) {
      const environment = attempt();
      const ended = failureOf(of.dispatch(call, environment));
      setTimeout(() => environment.cancel(reason), 300);
      expect(await ended).toMatchObject(outcome);
    }
  });

  it('says which of its inputs the schema refuses, once', async () => {
    await start(
      pipeline(
        'run(count, {})',
        step('count', counts).replace('z.looseObject({})', 'z.object({ rate: z.number() })'),
      ).replace('run(count, {})', 'run(count, { rate: params.n })'),
    );
    const failure = await failureOf(once('count', { rate: 'much' }));
    expect(failure).toMatchObject({ type: 'InvalidInput', final: true });
    expect(failure.message).toMatch(/input of step "count" does not match its schema: rate: .*expected number/);
  });
});

/** Kills the project's step hosts once the step has begun. */
async function killHosts(): Promise<void> {
  const log = join(runLogFolder(demo.root, 'run/demo/1'), 'slow.log');
  await waitUntil(
    () => readFile(log, 'utf8').catch(() => ''),
    (text) => text.includes('begun'),
  );
  const children = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,args='], { encoding: 'utf8' });
  for (const line of children.split('\n'))
    if (line.includes(demo.root) && line.includes('step-host'))
      process.kill(Number(line.trim().split(' ')[0]), 'SIGKILL');
}
