/** Runs that are wide in bytes: what one task hands to Temporal is bounded, and what a history cannot take lies in the store. */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonBytes } from '#contracts/json.ts';
import type { PlanNode } from '#contracts/plan.ts';
import {
  failing,
  type Harness,
  type PipelineCase,
  ref,
  startDevServer,
  startHarness,
  step,
  ways,
} from '../workflows/harness.ts';
import { fanIn, mapOfOneLarge, numbers, readers, steps } from '../workflows/wide-pipelines.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ environment: await startDevServer() });
});
afterAll(() => harness?.stop());

/** Bytes of the arguments of all activities that were scheduled: by the workflow task that has most, and by all. */
async function scheduled(workflowId: string): Promise<{ largest: number; all: number }> {
  const { events } = await harness.environment.client.workflow.getHandle(workflowId).fetchHistory();
  const tasks = new Map<string, number>();
  for (const { activityTaskScheduledEventAttributes: scheduled } of events ?? []) {
    if (!scheduled) continue;
    const task = String(scheduled.workflowTaskCompletedEventId);
    const bytes = (scheduled.input?.payloads ?? []).reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
    tasks.set(task, (tasks.get(task) ?? 0) + bytes);
  }
  return { largest: Math.max(...tasks.values()), all: [...tasks.values()].reduce((a, b) => a + b) };
}

test('two hundred parallel nodes that read one output of 50 KB: all of them, a few at a time', async () => {
  const { result, handle } = await harness.run(readers(200));
  expect(result).toMatchObject({ status: 'finished', output: 50_000 });
  expect(harness.calls.filter((call) => call.startsWith(handle.workflowId))).toHaveLength(201);
  const { largest, all } = await scheduled(handle.workflowId);
  expect(largest).toBeLessThanOrEqual(1024 * 1024);
  // The first forty; the others read it from the store.
  expect(all).toBeLessThan(2.5 * 1024 * 1024);
});

test.each(ways)('$way: a wide map whose body reads an output of 50 KB', async ({ cheap }) => {
  const { result } = await harness.run({ ...mapOfOneLarge(400), cheap });
  expect(result.output).toEqual(numbers(400).map(() => 50_000));
});

test('a fan-in of five hundred models: its input lies in the store, not in the history', async () => {
  const { result, handle } = await harness.run(fanIn(500));
  expect(result).toMatchObject({ status: 'finished', output: 500 });
  const { events } = await handle.fetchHistory();
  const inputs = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.input?.payloads ?? []);
  expect(Math.max(...inputs.map(({ data }) => data?.length ?? 0))).toBeLessThan(64 * 1024);
  const record = harness.records.get(handle.workflowId);
  expect(jsonBytes(record?.outcomes.find(({ id }) => id === 'all')?.input)).toBeGreaterThan(200_000);
});

test('an input of more than 4 MiB is refused in words', async () => {
  const parts = numbers(90).map((n) => step(`part${n}`, 'large'));
  const wide = await harness
    .run({ nodes: [...parts, step('all', 'count', { models: parts.map(({ id }) => ref(id)) })], result: null, steps })
    .catch((error: { cause?: Error }) => error.cause);
  expect(wide).toMatchObject({ message: expect.stringContaining('node all: its input is 45') });
});

/** Every item sends something; the champion moves once, so that the run is judged again. @param text in and out of each effect */
function sendingToEach(text: string): PipelineCase {
  let moved = false;
  const map: PlanNode = {
    ...{ id: 'each', kind: 'map', input: numbers(201) },
    blocks: [
      {
        nodes: [
          step('score', 'score', { n: ref('each/item') }),
          step('send', 'send', { n: ref('each/item'), text }, { after: ['score'] }),
        ],
        result: ref('each/item'),
      },
    ],
  };
  return {
    nodes: [map, step('promote', 'promote', null, { after: ['each'] })],
    result: ref('promote'),
    codes: { send: { effect: true } },
    steps: {
      score: () => ({ text }),
      send: () => ({ sent: text }),
      promote: () => {
        if (moved) return 'promoted';
        moved = true;
        throw failing('another one is champion', 'ChampionMoved');
      },
    },
  };
}
const sentBy = ({ workflowId }: WorkflowHandle) =>
  harness.calls.filter((call) => call.startsWith(workflowId) && call.endsWith('/send'));

test('effects of a wide map whose outcomes are large are done once, also when the run is judged again', async () => {
  const { result, handle } = await harness.run(sendingToEach('x'.repeat(3_000)));
  expect(result).toMatchObject({ status: 'finished', output: 'promoted' });
  expect(sentBy(handle)).toHaveLength(201);
  // A retry keeps them, too.
  const kept = harness.records.get(handle.workflowId)?.outcomes.filter((outcome) => outcome.step === 'send');
  expect(new Set(kept?.map(({ id }) => id)).size).toBe(201);
});

test('those that have no room to be kept end the run in words: they are not done again', async () => {
  const handle = await harness.start(harness.pipeline(sendingToEach('x'.repeat(7_000))));
  await expect(harness.result(handle)).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/node each: items 0 to \d+ did effects .* would be done again/) },
  });
  expect(sentBy(handle)).toHaveLength(201);
});
