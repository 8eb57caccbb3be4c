/** Three hundred generated worlds of views, ttl, ties, late rows, duplicates, nulls, clocks and windows: history is what the nested loops say. */
import { afterAll, test } from 'vitest';
import { historyWorld } from '../fixtures/feature-history/check-history.ts';

const world = historyWorld();
afterAll(() => world.close());

test('history is the nested loops’, row by row', async () => {
  await world.cases(300);
});
