/** Runs as wide in bytes as they are promised to be: they end, and none of their histories comes near Temporal's limits. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectTemporal, type Temporal } from '#adapters/temporal/connection.ts';
import { type Harness, type PipelineCase, startDevServer, startHarness } from '../workflows/harness.ts';
import { chunkSizes, historySize, largestOf } from '../workflows/history-size.ts';
import { fanIn, mapOfOneLarge, mapOfOwnLarge, numbers, readers } from '../workflows/wide-pipelines.ts';

let harness: Harness;
/** The product's: a page of these histories is more than a client takes that nobody has set up. */
let temporal: Temporal;
beforeAll(async () => {
  harness = await startHarness({ environment: await startDevServer() });
  temporal = await connectTemporal({ address: harness.environment.address, env: {} });
});
afterAll(async () => {
  await temporal?.close();
  await harness?.stop();
});

const wide: [name: string, pipeline: PipelineCase, output: unknown, calls: number][] = [
  ['500 parallel nodes that read one output of 50 KB', readers(500), 50_000, 501],
  ['a map over 1,000 items that all read one output of 50 KB', mapOfOneLarge(1_000), 50_000, 1_001],
  ['a map over 1,000 items each of which reads 50 KB of its own', mapOfOwnLarge(1_000), 50_000, 2_000],
  ['a fan-in of 500 models', fanIn(500), 500, 501],
];

test.each(wide)('%s', async (name, pipeline, output, calls) => {
  const began = performance.now();
  const { result, handle } = await harness.run(pipeline);
  const seconds = (performance.now() - began) / 1_000;
  const each = Array.isArray(result.output) ? result.output : [result.output];
  expect(result.status).toBe('finished');
  expect(each).toEqual(numbers(name.startsWith('a map') ? 1_000 : 1).map(() => output));
  expect(new Set(harness.calls.filter((call) => call.startsWith(`${handle.workflowId} `))).size).toBe(calls);
  expect(harness.records.get(handle.workflowId)?.result.status).toBe('finished');
  const run = await historySize(temporal.client, handle.workflowId);
  const chunks = await chunkSizes(temporal.client, handle.workflowId);
  console.table({
    run,
    ...(chunks.length > 0 ? { [`largest of its ${chunks.length} chunks`]: largestOf(chunks) } : {}),
  });
  console.log(`${name}: ${seconds.toFixed(0)} s`);
  // Temporal takes 2 MiB in one payload, and 50 MiB and 51,200 events in a history.
  for (const { events, bytes, largest } of [run, ...chunks]) {
    expect(events).toBeLessThan(10_000);
    expect(bytes).toBeLessThan(25 * 1024 * 1024);
    expect(largest).toBeLessThan(1.5 * 1024 * 1024);
  }
});
