/** Three hundred generated histories of events, told in any order: windows online are those of history and of the nested loops. */
import { afterAll, test } from 'vitest';
import { windowWorld } from '../fixtures/feature-history/check-windows.ts';

const world = windowWorld();
afterAll(() => world.close());

test('windows online are those of history', async () => {
  await world.cases(300);
});
