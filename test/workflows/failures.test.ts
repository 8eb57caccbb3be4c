import { Context } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlanNode } from '#contracts/plan.ts';
import type { NodeRecord, RunRecord } from '#contracts/run.ts';
import { failing, type Harness, type PipelineCase, ref, startHarness, step, ways } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness?.stop());

const echo = (input: never) => input;
const boom = () => {
  throw failing('the disk is on fire');
};
const always = (id: string, nodes: PlanNode[]): PlanNode => ({ id, kind: 'always', blocks: [{ nodes }] });

/** Runs what must fail; its failure and its record. */
async function failed(definition: PipelineCase) {
  const handle = await harness.start(harness.pipeline(definition));
  const error = await harness.result(handle).then(
    () => expect.fail('it did not fail'),
    (error) => error.cause as ApplicationFailure,
  );
  const record = harness.records.get(handle.workflowId);
  const status = Object.fromEntries((record?.result.nodes ?? []).map((node) => [node.id, node.status]));
  return { handle, error, record: record as RunRecord, status };
}

test('what depends on a failed node never starts; what runs beside it is let finish; nothing new starts', async () => {
  let release = () => {};
  const started = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { error, record, status, handle } = await failed({
    nodes: [
      step('bad', 'boom'),
      step('beside', 'slow', 'kept'),
      step('after', 'echo', ref('bad')),
      step('later', 'echo', ref('beside')),
      always('end', [step('clean', 'echo', 'up'), step('sweep', 'echo', ref('bad'))]),
    ],
    steps: {
      echo,
      boom: async () => {
        await started;
        throw failing('the disk is on fire');
      },
      slow: async (input) => {
        release();
        await new Promise((resolve) => setTimeout(resolve, 300));
        return input;
      },
    },
  });
  expect(error).toMatchObject({ type: 'RunFailed', nonRetryable: true, message: 'node bad: the disk is on fire' });
  expect(status).toEqual({
    bad: 'failed',
    beside: 'done',
    after: 'skipped',
    later: 'skipped',
    end: 'done',
    clean: 'done',
    sweep: 'skipped',
  });
  expect(record.failure).toEqual({ type: 'StepFailed', message: 'the disk is on fire', node: 'bad' });
  expect(record.result).toMatchObject({ status: 'failed', reasons: ['the disk is on fire'] });
  expect(record.outcomes.map(({ id }) => id).toSorted()).toEqual(['beside', 'clean']);
  expect(error.details?.[0]).toEqual(record.result);
  expect(harness.called(handle, 'sweep')).toBe(0);
});

test('a step is tried again until the worker says that it must not be', async () => {
  let tries = 0;
  const { result } = await harness.run({
    nodes: [step('flaky', 'flaky')],
    result: ref('flaky'),
    steps: {
      flaky: () => {
        if (++tries < 4) throw new Error('not yet');
        return tries;
      },
    },
  });
  expect(result.output).toBe(4);
});

test('a node may set its own attempts, time-out, queue and cache; the worker is told', async () => {
  const { result } = await harness.run({
    nodes: [
      step('own', 'call', 1, { options: { retry: { attempts: 7 }, timeout: '5m', cache: false } }),
      step('plain', 'call', 1),
    ],
    result: [ref('own'), ref('plain')],
    steps: {
      call: (_input, { code, cache, bundle, run }) => [
        code.attempts,
        code.timeout,
        cache,
        bundle.length,
        run.trigger.kind,
      ],
    },
  });
  expect(result.output).toEqual([
    [7, '5m', false, 64, 'manual'],
    [3, '1h', true, 64, 'manual'],
  ]);
});

test('attempt hands the failure to its second block; without failure that one is skipped', async () => {
  const attempt = (id: string, name: string): PlanNode => ({
    id,
    kind: 'attempt',
    blocks: [
      { nodes: [step(`${id}-try`, name, 'fine')], result: ref(`${id}-try`) as never },
      { nodes: [step(`${id}-else`, 'echo', { saw: ref(`${id}/failure`) })], result: ref(`${id}-else`) as never },
    ],
  });
  const { result } = await harness.run({
    nodes: [attempt('a', 'boom'), attempt('b', 'echo')],
    result: { a: ref('a'), b: ref('b') },
    steps: { echo, boom },
  });
  expect(result.output).toEqual({
    a: { saw: { type: 'StepFailed', message: 'the disk is on fire', node: 'a-try' } },
    b: 'fine',
  });
  expect(result.nodes.find(({ id }) => id === 'b-else')?.status).toBe('skipped');
});

test('an attempt does not catch the failure of what it only refers to', async () => {
  const { error, status } = await failed({
    nodes: [
      step('bad', 'boom'),
      {
        id: 'a',
        kind: 'attempt',
        blocks: [
          { nodes: [step('uses', 'echo', ref('bad'))], result: ref('uses') as never },
          { nodes: [step('rescue', 'echo', 1)], result: ref('rescue') as never },
        ],
      },
    ],
    steps: { echo, boom },
  });
  expect(error.message).toContain('bad');
  expect(status).toEqual({ bad: 'failed', a: 'skipped', uses: 'skipped', rescue: 'skipped' });
});

test('a failing always-block fails a run that was good, and never hides the first failure', async () => {
  const good = await failed({
    nodes: [step('ok', 'echo', 1), always('end', [step('clean', 'boom')])],
    steps: { echo, boom },
  });
  expect(good.error.message).toContain('clean');
  const bad = await failed({
    nodes: [step('first', 'first'), always('end', [step('clean', 'boom')])],
    steps: { boom, first: () => Promise.reject(failing('I was first')) },
  });
  expect(bad.error.message).toBe('node first: I was first');
});

test.each(ways)('$way: an item of a map that fails names its instance; no new item starts', async ({ cheap }) => {
  const { record, handle } = await failed({
    nodes: [
      {
        id: 'each',
        kind: 'map',
        input: Array.from({ length: 20 }, (_, n) => n) as never,
        options: { concurrency: 1 },
        blocks: [{ nodes: [step('work', 'work', ref('each/item'))], result: ref('work') as never }],
      },
    ],
    steps: { work: (n) => (n === 3 ? boom() : n) },
    cheap,
  });
  expect(record.failure?.node).toBe('each[3]/work');
  expect(harness.called(handle, 'each[4]/work')).toBe(0);
});

test.each(ways)('$way: a wide map that fails names the instance and keeps what was done', async ({ cheap }) => {
  const { record } = await failed({
    nodes: [
      {
        id: 'each',
        kind: 'map',
        input: Array.from({ length: 210 }, (_, n) => n) as never,
        options: { concurrency: 4 },
        blocks: [{ nodes: [step('work', 'work', ref('each/item'))], result: ref('work') as never }],
      },
    ],
    steps: { work: (n) => (n === 50 ? boom() : n) },
    cheap,
  });
  expect(record.failure).toMatchObject({ node: 'each[50]/work', message: 'the disk is on fire' });
  expect(record.outcomes.length).toBeGreaterThanOrEqual(50);
});

test.each([
  ['params that the planner refuses', [{ a: 1 }, {}], /there is no pipeline/],
  ['an envelope that is none', [{}, { asOf: 'yesterday' }], /second argument is wrong: asOf/],
])('%s fail the run, not its workflow task', async (name, args, message) => {
  const handle = await harness.environment.client.workflow.start('unknown-pipeline', {
    taskQueue: 'ratchet',
    workflowId: `run/unknown/${name}`,
    args,
  });
  await expect(harness.result(handle)).rejects.toMatchObject({
    cause: { type: 'RunFailed', message: expect.stringMatching(message) },
  });
});

test('a plan that would hang or stumble is refused', async () => {
  const { error } = await failed({
    nodes: [step('a', 'echo', ref('b')), step('b', 'echo', ref('a'))],
    steps: { echo },
  });
  expect(error.message).toMatch(/its nodes wait for each other: a → b → a/);
});

test('cancelling stops what runs, runs the always-blocks, writes the record and ends as cancelled', async () => {
  let running = () => {};
  const isRunning = new Promise<void>((resolve) => {
    running = resolve;
  });
  const name = harness.pipeline({
    nodes: [
      step('first', 'echo', 1),
      step('hang', 'hang'),
      step('after', 'echo', ref('hang')),
      always('end', [step('clean', 'echo', ref('first'))]),
    ],
    steps: {
      echo,
      hang: async () => {
        running();
        await Context.current().cancelled.catch(() => undefined);
      },
    },
  });
  const handle = await harness.start(name);
  await isRunning;
  await handle.cancel();
  await expect(harness.result(handle)).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  const record = harness.records.get(handle.workflowId);
  expect(record?.result.status).toBe('cancelled');
  expect(Object.fromEntries(record?.result.nodes.map(({ id, status }) => [id, status]) ?? [])).toEqual({
    first: 'done',
    hang: 'cancelled',
    after: 'cancelled',
    end: 'done',
    clean: 'done',
  });
});

test('a cancelled run waits for an effect that is under way, and records how it ended', async () => {
  let running = () => {};
  const isRunning = new Promise<void>((resolve) => {
    running = resolve;
  });
  const name = harness.pipeline({
    nodes: [step('send', 'send')],
    steps: {
      send: async () => {
        running();
        await Context.current().cancelled.catch(() => undefined);
        return 'sent, too late to stop';
      },
    },
    codes: { send: { effect: true } },
  });
  const handle = await harness.start(name);
  await isRunning;
  await handle.cancel();
  await expect(harness.result(handle)).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(harness.records.get(handle.workflowId)?.outcomes).toMatchObject([
    { id: 'send', output: 'sent, too late to stop' },
  ]);
});

const kept = (id: string, name: string, input: unknown, output: unknown): NodeRecord =>
  ({ id, step: name, input, output, cached: false, reason: '', key: null, ms: 5 }) as NodeRecord;

test('a retry keeps outcomes whose node, step and input are equal, effects too; the rest runs', async () => {
  const { result, handle } = await harness.run(
    {
      nodes: [step('a', 'echo', 1), step('b', 'send', ref('a')), step('c', 'echo', ref('b'))],
      result: ref('c'),
      steps: { echo, send: () => 'sent again' },
      codes: { send: { effect: true } },
      plan: (planned) => ({
        ...planned,
        kept: [kept('a', 'echo', 1, 10), kept('b', 'send', 10, 'sent once'), kept('c', 'echo', 'other', 'stale')],
      }),
    },
    { resume: { runId: 'run/x/1', mode: 'retry' } },
  );
  expect(result.output).toBe('sent once');
  expect(result.nodes.map(({ status }) => status)).toEqual(['kept', 'kept', 'done']);
  expect(['a', 'b', 'c'].map((node) => harness.called(handle, node))).toEqual([0, 0, 1]);
  expect(harness.records.get(handle.workflowId)).toMatchObject({
    resumedFrom: 'run/x/1',
    outcomes: [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
  });
});

test('a fork runs its node and all that depends on it again, even with equal input', async () => {
  const { result } = await harness.run(
    {
      nodes: [
        step('a', 'echo', 1),
        step('b', 'echo', ref('a')),
        step('beside', 'echo', 2),
        {
          id: 'each',
          kind: 'map',
          input: [ref('b')] as never,
          blocks: [{ nodes: [step('in', 'echo', ref('each/item'))], result: ref('in') as never }],
        },
      ],
      steps: { echo },
      plan: (planned) => ({
        ...planned,
        kept: [
          kept('a', 'echo', 1, 1),
          kept('b', 'echo', 1, 1),
          kept('beside', 'echo', 2, 2),
          kept('each[0]/in', 'echo', 1, 1),
        ],
      }),
    },
    { resume: { runId: 'run/x/1', mode: 'fork', from: 'b' } },
  );
  expect(Object.fromEntries(result.nodes.map(({ id, status }) => [id, status]))).toEqual({
    a: 'kept',
    b: 'done',
    beside: 'kept',
    each: 'done',
    'each[0]/in': 'done',
  });
});

test('a run that takes up a fork without a plan runs the node of the fork again', async () => {
  const { result } = await harness.run(
    {
      nodes: [step('a', 'echo', 1), step('b', 'echo', ref('a'))],
      steps: { echo },
      plan: (planned) => ({ ...planned, kept: [kept('a', 'echo', 1, 1), kept('b', 'echo', 1, 1)], from: 'b' }),
    },
    { resume: { runId: 'run/x/1', mode: 'retry' } },
  );
  expect(result.nodes.map(({ status }) => status)).toEqual(['kept', 'done']);
});

test('when the champion moved, only what read it runs again; always-blocks run once, at the end', async () => {
  let champion = 1;
  let promotions = 0;
  const { result, handle } = await harness.run({
    nodes: [
      step('train', 'echo', 'model'),
      step('judge', 'judge', { champion: 1 }),
      step('promote', 'promote', ref('judge')),
      always('end', [step('clean', 'echo', 1)]),
    ],
    result: ref('promote'),
    steps: {
      echo,
      judge: ({ champion }: { champion: number }) => ({ against: champion }),
      promote: ({ against }: { against: number }) => {
        promotions++;
        if (against < 3) {
          champion = against + 1;
          throw failing('the champion is another one', 'ChampionMoved');
        }
        return { outcome: 'promoted', champion: '4', previous: '3', epoch: 4 };
      },
    },
    plan: (planned, { rejudge }) =>
      rejudge
        ? {
            ...planned,
            plan: {
              ...planned.plan,
              nodes: planned.plan.nodes.map((node) => (node.id === 'judge' ? { ...node, input: { champion } } : node)),
            },
          }
        : planned,
  });
  expect(result).toMatchObject({ status: 'promoted', modelVersion: '4' });
  expect(promotions).toBe(3);
  expect(['train', 'judge', 'clean'].map((node) => harness.called(handle, node))).toEqual([1, 3, 1]);
});

test('a champion that moves for ever ends the run after three more judgements', async () => {
  const { error, record, handle } = await failed({
    nodes: [step('promote', 'promote')],
    steps: { promote: () => Promise.reject(failing('moved again', 'ChampionMoved')) },
  });
  expect(error.message).toBe('node promote: moved again');
  expect(record.failure?.type).toBe('ChampionMoved');
  expect(harness.called(handle, 'promote')).toBe(4);
});

test('a signal of our name that is not ours changes nothing', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const handle = await harness.start(
    harness.pipeline({ nodes: [step('a', 'slow')], steps: { slow: () => released.then(() => 1) } }),
  );
  for (const args of [[], [null], ['words'], [{ node: 'a', text: 7 }]]) await handle.signal('nodeProgress', ...args);
  release();
  expect(await harness.result(handle)).toMatchObject({
    status: 'finished',
    nodes: [{ status: 'done', progress: null }],
  });
});
