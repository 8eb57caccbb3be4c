/** More signals than one execution takes, as fast as they can be sent. The chaos suite sends 100,000. */
import { newRows } from 'ratchet-ml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDevServer } from '../workflows/harness.ts';
import { flood } from '../workflows/loop-flood.ts';
import { type LoopWorld, startLoopWorld } from '../workflows/loop-world.ts';

let world: LoopWorld;
beforeAll(async () => {
  world = await startLoopWorld({ environment: await startDevServer() });
});
afterAll(() => world?.harness.stop());

test('10,500 signals: all are decided upon, once, and no history comes near its limits', async () => {
  const pipeline = 'flooded';
  await world.deploy({ pipeline, triggers: newRows({ atLeast: 1_000_000 }) });
  const { ids, histories, rate } = await flood(world, pipeline, 10_500);
  console.log(
    `10,500 signals at ${Math.round(rate)}/s: ${histories.length} executions of ${histories.map(({ signals }) => signals).join(', ')} signals, ${histories.map(({ events }) => events).join(', ')} events`,
  );
  expect(new Set(world.decisions(pipeline).flatMap(({ evidence }) => evidence))).toEqual(new Set(ids));
  expect((await world.status(pipeline)).newRows).toBe(10_500);
  for (const { signals, events } of histories) {
    expect(signals).toBeLessThan(10_000);
    expect(events).toBeLessThan(10_240);
  }
}, 300_000);
