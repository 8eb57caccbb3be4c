/** A connection is lost at each request that register, promote and archive write to MLflow with: one version, one champion. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { atEachWrite, works } from '../integration/model-deaths.ts';
import { type ModelWorld, startModelWorld } from '../integration/model-world.ts';

let world: ModelWorld;
beforeAll(async () => {
  world = await startModelWorld();
}, 240_000);
afterAll(() => world?.close());

it.each(works)('%s comes to the same when the connection is lost after each of its writes', async (work) => {
  expect(await atEachWrite(world, work, async () => {})).toBeGreaterThanOrEqual(work === 'archive' ? 3 : 5);
});
