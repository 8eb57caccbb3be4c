/** A map of cheap steps: many items an activity, and to the user all as it is with one. */
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endWithoutRecord } from '#adapters/temporal/ends-without-record.ts';
import { jsonBytes } from '#contracts/json.ts';
import type { PlanNode } from '#contracts/plan.ts';
import { failing, type Harness, ref, startDevServer, startHarness, step } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ environment: await startDevServer() });
});
afterAll(() => harness?.stop());

const numbers = (length: number) => Array.from({ length }, (_, n) => n);
const each = (
  items: unknown,
  { kind = 'map', concurrency = 4 }: { kind?: 'map' | 'mapSettled'; concurrency?: number } = {},
): PlanNode => ({
  ...{ id: 'each', kind, input: items as never, options: { concurrency } },
  blocks: [{ nodes: [step('work', 'work', { n: ref('each/item') })], result: ref('work') }],
});
type N = { n: number };
const callsOf = ({ workflowId }: WorkflowHandle) => {
  const counts = new Map<string, number>();
  for (const call of harness.calls) {
    const [run, node = ''] = call.split(' ');
    if (run === workflowId) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return counts;
};
const more = (handle: WorkflowHandle) => [...callsOf(handle)].filter(([, count]) => count > 1);
const batchesOf = ({ workflowId }: WorkflowHandle) => harness.batches.filter(({ run }) => run.id === workflowId);
/** Activities of a run's own history, by id. */
async function activities(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: it }) => it?.activityId ?? []);
}

test('a wide map of quick items takes some tens of activities and no children', async () => {
  const { result, handle } = await harness.run({
    nodes: [step('list', 'list'), each(ref('list'), { concurrency: 16 })],
    result: ref('each'),
    steps: { list: () => numbers(2_500), work: ({ n }: N) => n + 1 },
    cheap: true,
  });
  expect(result.output).toEqual(numbers(2_500).map((n) => n + 1));
  expect(more(handle)).toEqual([]);
  expect((await activities(handle)).length).toBeLessThan(150);
  expect(harness.records.get(handle.workflowId)?.outcomes).toHaveLength(2_501);
  expect(harness.records.get(handle.workflowId)?.outcomes).toContainEqual(
    expect.objectContaining({ id: 'each[2499]/work', step: 'work', input: { n: 2_499 }, output: 2_500 }),
  );
  expect(result.nodes.find(({ id }) => id === 'each')?.reason).toMatch(/^2500 items, many of them in \d+ batches/);
  await expect(
    harness.environment.client.workflow.getHandle(`${handle.workflowId}/each/0`).describe(),
  ).rejects.toThrow();
});

test('never more activities at once than the map says', async () => {
  let inFlight = 0;
  let most = 0;
  const { result } = await harness.run({
    nodes: [each(numbers(60), { concurrency: 2 })],
    result: ref('each'),
    steps: {
      work: async ({ n }: N) => {
        most = Math.max(most, ++inFlight);
        await new Promise((resolve) => setTimeout(resolve, 2));
        inFlight--;
        return n;
      },
    },
    cheap: true,
  });
  expect(result.output).toEqual(numbers(60));
  expect(most).toBeLessThanOrEqual(2);
});

test('a body of several steps: each of them in batches, branches as they are', async () => {
  const body: PlanNode[] = [
    step('half', 'half', { n: ref('each/item') }),
    {
      id: 'odd',
      kind: 'when',
      condition: ref('half', 'odd') as never,
      blocks: [
        { nodes: [step('up', 'add', { n: ref('half', 'n') })], result: ref('up') },
        { nodes: [step('same', 'same', { n: ref('half', 'n') })], result: ref('same') },
      ],
    },
  ];
  const { result, handle } = await harness.run({
    nodes: [
      {
        ...{ id: 'each', kind: 'map', input: numbers(120) as never, options: { concurrency: 4 } },
        blocks: [{ nodes: body, result: ref('odd') }],
      },
    ],
    result: ref('each'),
    steps: {
      half: ({ n }: N) => ({ n: Math.floor(n / 2), odd: n % 2 === 1 }),
      add: ({ n }: N) => n + 1_000,
      same: ({ n }: N) => n,
    },
    cheap: true,
  });
  expect(result.output).toEqual(numbers(120).map((n) => (n % 2 === 1 ? Math.floor(n / 2) + 1_000 : n / 2)));
  expect(more(handle)).toEqual([]);
  expect(new Set(batchesOf(handle).map(({ step }) => step))).toEqual(new Set(['half', 'add', 'same']));
  expect((await activities(handle)).length).toBeLessThan(80);
});

test('an item that fails goes on alone, with the attempts that it has left; the others are done once', async () => {
  const tries: number[] = [];
  const { result, handle } = await harness.run({
    nodes: [each(numbers(100))],
    result: ref('each'),
    steps: {
      work: ({ n }: N, { code }) => {
        if (n !== 50) return n;
        tries.push(code.attempts);
        if (tries.length < 3) throw new Error('not yet');
        return n;
      },
    },
    codes: { work: { attempts: 5 } },
    cheap: true,
  });
  expect(result.output).toEqual(numbers(100));
  expect(more(handle)).toEqual([['each[50]/work', 3]]);
  expect(tries).toEqual([5, 4, 4]);
  expect((await activities(handle)).filter((id) => id === 'each[50]/work')).toHaveLength(1);
});

test('an item that may be tried once is tried once, and fails alone', async () => {
  const { result, handle } = await harness.run({
    nodes: [each(numbers(100), { kind: 'mapSettled' })],
    result: ref('each'),
    steps: {
      work: ({ n }: N) => {
        if (n === 50) throw new Error('fifty is bad');
        return n;
      },
    },
    codes: { work: { attempts: 1 } },
    cheap: true,
  });
  expect(result.output).toEqual(
    numbers(100).map((n) =>
      n === 50 ? { ok: false, failure: 'Step "work" failed: fifty is bad' } : { ok: true, value: n },
    ),
  );
  expect(more(handle)).toEqual([]);
});

test('a map that is not settled begins no item after one that failed for good, also in its batch', async () => {
  const handle = await harness.start(
    harness.pipeline({
      nodes: [each(numbers(100), { concurrency: 1 })],
      steps: {
        work: ({ n }: N) => {
          if (n === 50) throw failing('fifty is bad');
          return n;
        },
      },
      cheap: true,
    }),
  );
  await expect(harness.result(handle)).rejects.toMatchObject({ cause: { message: expect.stringContaining('fifty') } });
  const record = harness.records.get(handle.workflowId);
  expect(record?.failure).toMatchObject({ node: 'each[50]/work', message: 'fifty is bad' });
  expect(record?.outcomes).toHaveLength(50);
  expect(callsOf(handle).size).toBe(51);
  expect(batchesOf(handle).some(({ items }) => items.some(({ node }) => node === 'each[51]/work'))).toBe(true);
});

test('a worker that knows no batches is asked for single items', async () => {
  const { result, handle } = await harness.run({
    nodes: [each(numbers(40))],
    result: ref('each'),
    steps: { work: ({ n }: N) => n },
    onBatch: () => {
      throw failing('This is not a call of a step', 'InvalidInput');
    },
    cheap: true,
  });
  expect(result.output).toEqual(numbers(40));
  expect(more(handle)).toEqual([]);
  // As many as were under way when the first one was refused.
  expect(batchesOf(handle).length).toBeLessThanOrEqual(4);
});

test('the items of a wide map that are not quick go to children, from the first one on that has not begun', async () => {
  const { result, handle } = await harness.run({
    nodes: [each(numbers(300), { concurrency: 16 })],
    result: ref('each'),
    steps: { work: ({ n }: N) => n * 2 },
    ms: 2_000,
    cheap: true,
  });
  expect(result.output).toEqual(numbers(300).map((n) => n * 2));
  expect(more(handle)).toEqual([]);
  expect(batchesOf(handle)).toEqual([]);
  expect((await activities(handle)).length).toBe(32);
  const child = harness.environment.client.workflow.getHandle(`${handle.workflowId}/each/0`);
  expect((await child.describe()).status.name).toBe('COMPLETED');
  const places = harness.records.get(handle.workflowId)?.outcomes.map(({ id }) => id);
  expect(new Set(places).size).toBe(300);
});

test('inputs and outputs of a batch are bounded in bytes; what it did not begin goes into the next one', async () => {
  const map = (text: string): PlanNode => ({
    ...{ id: 'each', kind: 'map', input: numbers(120) as never, options: { concurrency: 2 } },
    blocks: [{ nodes: [step('work', 'work', { n: ref('each/item'), text })], result: ref('work', 'n') }],
  });
  const work = ({ n, text }: N & { text: string }) => ({ n, text: text.repeat(2) });
  const { result, handle } = await harness.run({
    nodes: [map('x'.repeat(7_000))],
    result: ref('each'),
    steps: { work },
    cheap: true,
  });
  expect(result.output).toEqual(numbers(120));
  expect(more(handle)).toEqual([]);
  const sizes = batchesOf(handle).map(({ items }) => jsonBytes(items));
  expect(Math.max(...sizes)).toBeGreaterThan(100 * 1024);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(256 * 1024);
  const { events } = await handle.fetchHistory();
  const answers = (events ?? []).flatMap((event) => event.activityTaskCompletedEventAttributes?.result?.payloads ?? []);
  expect(Math.max(...answers.map(({ data }) => data?.length ?? 0))).toBeLessThan(300 * 1024);

  // Few of which fill a batch: they go alone.
  const large = await harness.run({
    nodes: [map('x'.repeat(20_000))],
    result: ref('each'),
    steps: { work },
    cheap: true,
  });
  expect(large.result.output).toEqual(numbers(120));
  expect(batchesOf(large.handle)).toEqual([]);
});

test('cancelling ends a batch where it is: its other items are not begun, and the record is written', async () => {
  let running = () => {};
  const isRunning = new Promise<void>((resolve) => {
    running = resolve;
  });
  const handle = await harness.start(
    harness.pipeline({
      nodes: [each(numbers(100), { concurrency: 1 })],
      steps: {
        work: async ({ n }: N) => {
          if (n !== 50) return n;
          running();
          await Context.current().cancelled.catch(() => undefined);
          return n;
        },
      },
      cheap: true,
    }),
  );
  await isRunning;
  await handle.cancel();
  await expect(harness.result(handle)).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  expect(harness.records.get(handle.workflowId)?.result.status).toBe('cancelled');
  expect(callsOf(handle).size).toBe(51);
});

test('what a run did in batches that was ended by force is told by its history', async () => {
  let running = () => {};
  const isRunning = new Promise<void>((resolve) => {
    running = resolve;
  });
  const handle = await harness.start(
    harness.pipeline({
      nodes: [each(numbers(100)), step('after', 'after', ref('each'))],
      steps: {
        work: ({ n }: N) => n * 3,
        after: async () => {
          running();
          await Context.current().cancelled.catch(() => undefined);
        },
      },
      cheap: true,
    }),
  );
  await isRunning;
  await handle.terminate('enough');
  const end = await endWithoutRecord(handle);
  expect(batchesOf(handle).length).toBeGreaterThan(0);
  const told = new Map(end?.outcomes.map(({ id, step, input, output }) => [id, { step, input, output }]));
  expect(told).toEqual(
    new Map(numbers(100).map((n) => [`each[${n}]/work`, { step: 'work', input: { n }, output: n * 3 }])),
  );
  expect(end?.begun).toEqual(['after']);
});

test('a run that is under way while its worker is replaced by one with batches ends: the map that it is in as it began, the next one in batches', async () => {
  let reached = () => {};
  const isReached = new Promise<void>((resolve) => {
    reached = resolve;
  });
  let goOn = () => {};
  const goesOn = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const pipeline = harness.pipeline({
    nodes: [each(numbers(100), { concurrency: 2 }), { ...each(numbers(100)), id: 'next', after: ['each'] }].map(
      (node) =>
        JSON.parse(
          JSON.stringify(node).replaceAll('each/item', `${node.id}/item`).replaceAll('"work"', `"${node.id}Work"`),
        ),
    ),
    result: [ref('each'), ref('next')],
    steps: {
      eachWork: async ({ n }: N) => {
        if (n === 40) {
          reached();
          await goesOn;
        }
        return n;
      },
      nextWork: ({ n }: N) => -n,
    },
    cheap: true,
  });
  const earlier = await harness.addWorker('upgrade', { earlier: true });
  const handle = await harness.environment.client.workflow.start(pipeline, {
    ...{ taskQueue: 'upgrade', workflowId: `run/${pipeline}/t`, args: [{}, {}] },
  });
  await isReached;
  const stopped = earlier.stop();
  goOn();
  await stopped;
  const present = await harness.addWorker('upgrade');
  const result = await harness.result(handle);
  await present.stop();
  expect(result.output).toEqual([numbers(100), numbers(100).map((n) => 0 - n)]);
  expect(more(handle)).toEqual([]);
  expect(new Set(batchesOf(handle).map(({ step }) => step))).toEqual(new Set(['nextWork']));
  expect(await activities(handle)).toContain('each[99]/eachWork');
});
