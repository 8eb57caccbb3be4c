/** 100,000 signals through one loop. */
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
}, 600_000);
