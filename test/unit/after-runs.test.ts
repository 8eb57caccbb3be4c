import { expect, test } from 'vitest';
import { restAfter } from '#workers/after-runs.ts';

test('looks at the runs that are over take a twentieth of the time, and come every 5 to 30 s, however long one took', () => {
  expect([0, 100, 250, 1_000, 10_000].map(restAfter)).toEqual([5_000, 5_000, 5_000, 20_000, 30_000]);
});
