import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlanNode } from '#contracts/plan.ts';
import { failing, type Harness, ref, startHarness, step, ways } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness?.stop());

const echo = (input: never) => input;
const add = ({ a, b }: { a: number; b: number }) => a + b;
const steps = { echo, add };

test('a value flows along references, to any depth', async () => {
  const { result, handle } = await harness.run({
    nodes: [
      step('one', 'echo', { deep: [{ x: 1 }, { x: 2 }] }),
      step('sum', 'add', { a: ref('one', 'deep', 0, 'x'), b: ref('one', 'deep', 1, 'x') }),
    ],
    result: { sum: ref('sum'), all: ref('one', 'deep') },
    steps,
  });
  expect(result).toMatchObject({ status: 'finished', output: { sum: 3, all: [{ x: 1 }, { x: 2 }] }, verdict: null });
  expect(result.nodes.map(({ id, status }) => [id, status])).toEqual([
    ['one', 'done'],
    ['sum', 'done'],
  ]);
  const record = harness.records.get(handle.workflowId);
  expect(record?.outcomes.map(({ id, input }) => [id, input])).toEqual([
    ['one', { deep: [{ x: 1 }, { x: 2 }] }],
    ['sum', { a: 1, b: 2 }],
  ]);
  expect(record?.result).toEqual(result);
});

test('independent nodes are in flight together, dependent ones are not', async () => {
  let inFlight = 0;
  let most = 0;
  const busy = async () => {
    most = Math.max(most, ++inFlight);
    while (most < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    inFlight--;
  };
  const { result } = await harness.run({
    nodes: [
      step('a', 'busy'),
      step('b', 'busy'),
      step('c', 'busy'),
      step('d', 'last', null, { after: ['a', 'b', 'c'] }),
    ],
    steps: { busy, last: () => inFlight },
    result: ref('d'),
  });
  expect([most, result.output]).toEqual([3, 0]);
});

const when = (condition: unknown, otherwise: boolean): PlanNode => ({
  id: 'choice',
  kind: 'when',
  condition: condition as never,
  blocks: [
    { nodes: [step('yes', 'echo', 'y')], result: ref('yes') },
    ...(otherwise ? [{ nodes: [step('no', 'echo', 'n')], result: ref('no') }] : []),
  ],
});

test.each([
  [true, true, 'y', ['done', 'skipped']],
  [false, true, 'n', ['skipped', 'done']],
  [true, false, 'y', ['done']],
  [false, false, null, ['skipped']],
] as const)('when %s, otherwise there %s: %s', async (condition, otherwise, output, statuses) => {
  const { result } = await harness.run({
    nodes: [step('c', 'echo', condition), when(ref('c'), otherwise)],
    result: ref('choice'),
    steps,
  });
  expect(result.output).toBe(output);
  expect(result.nodes.slice(2).map(({ status }) => status)).toEqual(statuses);
});

test('an optional input wired to a branch that was not taken is left out', async () => {
  const { result } = await harness.run({
    nodes: [
      step('c', 'echo', false),
      when(ref('c'), false),
      step('e', 'echo', { maybe: ref('choice', 'x'), list: [ref('choice')] }),
    ],
    result: ref('e'),
    steps,
  });
  expect(result.output).toEqual({ list: [null] });
});

test('a condition that is no boolean fails the run by name', async () => {
  const handle = await harness.start(
    harness.pipeline({ nodes: [step('c', 'echo', 'maybe'), when(ref('c'), false)], steps }),
  );
  await expect(harness.result(handle)).rejects.toMatchObject({
    cause: { type: 'RunFailed', message: expect.stringContaining('node choice: its condition is "maybe"') },
  });
});

const map = (items: unknown, kind: 'map' | 'mapSettled' = 'map', options = {}): PlanNode => ({
  id: 'each',
  kind,
  input: items as never,
  options,
  blocks: [
    { nodes: [step('twice', 'add', { a: ref('each/item'), b: ref('each/index') })], result: { sum: ref('twice') } },
  ],
});

test.each(ways)('$way: map keeps order, names instances, and never runs more at once than told', async ({ cheap }) => {
  let inFlight = 0;
  let most = 0;
  const slow = async ({ a, b }: { a: number; b: number }) => {
    most = Math.max(most, ++inFlight);
    // Until two have been in flight: a busy machine may start the second when a short first one has ended.
    while (most < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 10 - a));
    inFlight--;
    return a + b;
  };
  const { result, handle } = await harness.run({
    nodes: [step('list', 'echo', [5, 6, 7, 8, 9]), map(ref('list'), 'map', { concurrency: 2 })],
    result: ref('each'),
    steps: { echo, add: slow },
    cheap,
  });
  expect(result.output).toEqual([5, 7, 9, 11, 13].map((sum) => ({ sum })));
  expect(most).toBe(2);
  expect(harness.called(handle, 'each[3]/twice')).toBe(1);
});

test('map over nothing is an empty list, over no list a failure', async () => {
  const { result } = await harness.run({ nodes: [map([])], result: ref('each'), steps });
  expect(result.output).toEqual([]);
  const handle = await harness.start(harness.pipeline({ nodes: [map({ a: 1 })], steps }));
  await expect(harness.result(handle)).rejects.toMatchObject({
    cause: { message: expect.stringContaining('a map goes over a list') },
  });
});

test.each(ways)('$way: mapSettled turns a failed item into a value', async ({ cheap }) => {
  const { result } = await harness.run({
    nodes: [map([1, 2, 3], 'mapSettled', { concurrency: 1 })],
    result: ref('each'),
    cheap,
    steps: {
      add: ({ a }: { a: number }) => {
        if (a === 2) throw failing('two is bad');
        return a;
      },
    },
  });
  expect(result.output).toEqual([
    { ok: true, value: { sum: 1 } },
    { ok: false, failure: 'two is bad' },
    { ok: true, value: { sum: 3 } },
  ]);
});

test('450 items run as chunks in children of their own; results in order, outside values handed in', async () => {
  const items = Array.from({ length: 450 }, (_, n) => n);
  const { result, handle } = await harness.run({
    nodes: [
      step('base', 'echo', { by: 1000 }),
      {
        id: 'each',
        kind: 'map',
        input: items,
        blocks: [{ nodes: [step('plus', 'add', { a: ref('each/item'), b: ref('base', 'by') })], result: ref('plus') }],
      },
    ],
    result: ref('each'),
    steps,
  });
  expect(result.output).toEqual(items.map((n) => n + 1000));
  const child = harness.environment.client.workflow.getHandle(`${handle.workflowId}/each/2`);
  expect((await child.describe()).type).toBe('chunk');
  expect(harness.records.get(handle.workflowId)?.outcomes).toHaveLength(451);
  expect(result.nodes).toHaveLength(2);
});

test.each(ways)('$way: nested maps have instances of instances', async ({ cheap }) => {
  const inner: PlanNode = {
    id: 'inner',
    kind: 'map',
    input: ref('outer/item') as never,
    options: { concurrency: 1 },
    blocks: [{ nodes: [step('sum', 'add', { a: ref('inner/item'), b: ref('outer/index') })], result: ref('sum') }],
  };
  const { result, handle } = await harness.run({
    nodes: [
      { id: 'outer', kind: 'map', input: [[1, 2], [3]] as never, blocks: [{ nodes: [inner], result: ref('inner') }] },
    ],
    result: ref('outer'),
    steps,
    cheap,
  });
  expect(result.output).toEqual([[1, 2], [4]]);
  expect(harness.called(handle, 'outer[1]/inner[0]/sum')).toBe(1);
});

test.each([
  [3, 3],
  [10, 5],
])('repeat stops when its body says so, or after max rounds (until %i → %i)', async (until, output) => {
  const { result } = await harness.run({
    nodes: [
      {
        id: 'grow',
        kind: 'repeat',
        input: 0 as never,
        options: { max: 5 },
        blocks: [
          {
            nodes: [step('next', 'add', { a: ref('grow/state'), b: 1 }), step('enough', 'enough', { n: ref('next') })],
            result: { state: ref('next'), until: ref('enough') } as never,
          },
        ],
      },
    ],
    result: ref('grow'),
    steps: { add, enough: ({ n }: { n: number }) => n >= until },
  });
  expect(result.output).toBe(output);
});

test('wait is a timer', async () => {
  const before = await harness.environment.currentTimeMs();
  const { result } = await harness.run({
    nodes: [{ id: 'nap', kind: 'wait', input: { duration: '90d' } }, step('e', 'echo', 1, { after: ['nap'] })],
    result: ref('e'),
    steps,
  });
  expect(result.output).toBe(1);
  expect((await harness.environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(90 * 86_400_000);
});

test('a child is a workflow of its own on its own queue; what it answers flows on, how it fails is told', async () => {
  const inner = harness.pipeline({ nodes: [step('e', 'echo', 7)], result: ref('e'), steps });
  const broken = harness.pipeline({
    nodes: [step('bad', 'bad')],
    steps: {
      bad: () => {
        throw failing('no disk', 'OutsideRefused');
      },
    },
  });
  const child = (id: string, type: string): PlanNode => ({
    id,
    kind: 'child',
    step: type,
    input: { rate: 1 },
    options: { queue: 'ratchet' },
  });
  const { result, handle } = await harness.run({
    nodes: [
      child('good', inner),
      {
        id: 'try',
        kind: 'attempt',
        blocks: [
          { nodes: [child('bad', broken)] },
          { nodes: [step('saw', 'echo', ref('try/failure'))], result: ref('saw') as never },
        ],
      },
    ],
    result: { good: ref('good', 'output'), bad: ref('try') },
    steps,
  });
  expect(result.output).toEqual({ good: 7, bad: { type: 'RunFailed', message: 'node bad: no disk', node: 'bad' } });
  expect(
    (await harness.environment.client.workflow.getHandle(`${handle.workflowId}/good`).describe()).status.name,
  ).toBe('COMPLETED');
  expect(harness.plans.find(({ pipeline }) => pipeline === inner)?.params).toEqual({ rate: 1 });
});
