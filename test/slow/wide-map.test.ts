/** A map over twenty thousand small items ends, and none of its histories comes near Temporal's limits. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlanNode } from '#contracts/plan.ts';
import { type Harness, ref, startDevServer, startHarness, step, ways } from '../workflows/harness.ts';
import { chunkSizes, historySize, largestOf } from '../workflows/history-size.ts';

const ITEMS = Number(process.env.RATCHET_ITEMS ?? 20_000);

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ environment: await startDevServer() });
});
afterAll(() => harness?.stop());

test.each(ways)('$way: a map over twenty thousand small items', async ({ cheap }) => {
  const map: PlanNode = {
    ...{ id: 'each', kind: 'map', input: ref('items'), options: { concurrency: 100 } },
    blocks: [{ nodes: [step('twice', 'twice', { n: ref('each/item') })], result: ref('twice') }],
  };
  const began = performance.now();
  const { result, handle } = await harness.run({
    nodes: [step('items', 'items'), map, step('sum', 'sum', { all: ref('each') })],
    result: ref('sum'),
    cheap,
    steps: {
      items: () => Array.from({ length: ITEMS }, (_, n) => n),
      twice: ({ n }: { n: number }) => 2 * n,
      sum: ({ all }: { all: number[] }) => all.reduce((a, b) => a + b, 0),
    },
  });
  const seconds = (performance.now() - began) / 1_000;
  expect(result).toMatchObject({ status: 'finished', output: ITEMS * (ITEMS - 1) });
  expect(new Set(harness.calls.filter((call) => call.startsWith(`${handle.workflowId} `))).size).toBe(ITEMS + 2);
  expect(harness.records.get(handle.workflowId)?.result.status).toBe('finished');
  const { client } = harness.environment;
  const chunks = await chunkSizes(client, handle.workflowId);
  const run = await historySize(client, handle.workflowId);
  console.table({ run, ...(chunks.length > 0 ? { 'largest of its chunks': largestOf(chunks) } : {}) });
  console.log(`${ITEMS} items in ${chunks.length} chunks, ${seconds.toFixed(0)} s`);
  // Temporal takes 2 MiB in one payload, and 50 MiB and 51,200 events in a history.
  for (const { events, bytes, largest } of [run, ...chunks]) {
    expect(events).toBeLessThan(10_000);
    expect(bytes).toBeLessThan(10 * 1024 * 1024);
    expect(largest).toBeLessThan(1.5 * 1024 * 1024);
  }
});
