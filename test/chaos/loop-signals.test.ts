/** 100,000 signals through one loop, and one whose store keeps it waiting. */
import { newRows } from 'ratchet-ml';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { askRetrain } from '#adapters/temporal/loops.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { startDevServer } from '../workflows/harness.ts';
import { flood, historiesOf } from '../workflows/loop-flood.ts';
import { gate, type LoopWorld, pipelineThat, startLoopWorld } from '../workflows/loop-world.ts';

let world: LoopWorld;
beforeAll(async () => {
  world = await startLoopWorld({ environment: await startDevServer() });
});
afterAll(() => world?.harness.stop());

test('100,000 signals: none lost, every history small', async () => {
  await world.deploy({ pipeline: 'flooded', triggers: newRows({ atLeast: 1_000_000 }) });
  const { ids, histories, rate } = await flood(world, 'flooded', 100_000);
  const most = (pick: (history: (typeof histories)[number]) => number) => Math.max(...histories.map(pick));
  console.log(
    `100,000 signals at ${Math.round(rate)}/s: ${histories.length} executions, at most ${most(({ signals }) => signals)} signals and ${most(({ events }) => events)} events each`,
  );
  expect(new Set(world.decisions('flooded').flatMap(({ evidence }) => evidence))).toEqual(new Set(ids));
  expect(ids).toHaveLength(100_000);
  expect(most(({ signals }) => signals)).toBeLessThan(10_000);
  expect(most(({ events }) => events)).toBeLessThan(10_240);
  // A backstop: how fast they go is what the bench of triggers measures.
}, 3_600_000);

/** A task of Temporal's lasts as long as what it asked of the worker, up to 8 s: hence here. */
test('a request that comes while the loop wants to start over and the store keeps it waiting is answered', async () => {
  const { step: written, openForAll } = gate();
  onTestFinished(openForAll);
  const pipeline = world.harness.pipeline(pipelineThat(() => null));
  const { client } = world.harness.environment;
  const policy = LoopPolicy.parse({ pipeline, triggers: newRows({ atLeast: 10 }) });
  world.writing = (name) => (name === pipeline ? written() : null);
  await client.workflow.start('loop', {
    workflowId: `loop/${pipeline}`,
    taskQueue: 'ratchet',
    args: [{ pipeline, environment: 'dev', policy, signalsAHistory: 1 }],
  });
  await world.tell(pipeline, 'dataArrived', { rows: 1 });
  await world.until(pipeline, ({ decided }) => decided === 1);
  const answer = askRetrain(client, { pipeline }, { id: 'meanwhile', by: 'x', reason: 'y' });
  await world.until(pipeline, ({ taken }) => taken === 2);
  openForAll();
  expect(await answer).toMatchObject({ outcome: 'started' });
  await world.tell(pipeline, 'dataArrived', { rows: 1 });
  await expect.poll(async () => (await historiesOf(world, pipeline)).length).toBeGreaterThan(1);
}, 60_000);
