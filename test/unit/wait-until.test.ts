import { expect, it } from 'vitest';
import { waitUntil } from '../fixtures/wait-until.ts';

it('gives what was waited for, and fails with what it saw last', async () => {
  let looks = 0;
  const look = async () => ({ state: 'busy', looks: ++looks });
  expect(await waitUntil(look, (seen) => seen.looks === 2)).toEqual({ state: 'busy', looks: 2 });
  await expect(waitUntil(look, ({ state }) => state === 'idle', 1)).rejects.toThrow(
    /never came to hold; seen last: \{ state: 'busy', looks: \d+ \}/,
  );
});
