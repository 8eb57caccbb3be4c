/** Starts that fail because another program took their port in between: the next one has another, and none counts as hopeless. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Change, supervise } from '#stack/supervised-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-crowded-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lives end at once until `lives` of them have; then one goes on. */
async function changes(lives: number, crowdedOut: () => Promise<boolean>, until: (change: Change) => boolean) {
  const seen: Change[] = [];
  let starts = 0;
  const supervised = supervise({
    ...{ name: 'part', log: join(folder, 'part.log'), startSeconds: 60 },
    launch: async () => ({
      ...{ file: process.execPath, cwd: folder, env: process.env },
      args: ['-e', starts++ < lives ? 'process.exit(1)' : 'setInterval(() => {}, 1000)'],
    }),
    isHealthy: async () => starts > lives,
    settle: async () => {},
    crowdedOut,
    onChange: (change) => seen.push({ ...change }),
  });
  await expect.poll(() => seen.some(until), { timeout: 60_000 }).toBe(true);
  await supervised.stop();
  return seen;
}

test('four such starts in a row are no failures, and the fifth is there', async () => {
  const seen = await changes(
    4,
    async () => true,
    ({ state }) => state === 'ready',
  );
  expect(Math.max(...seen.map(({ failures }) => failures))).toBe(0);
}, 120_000);

test('what fails for another reason fails, and so does what never finds a port', async () => {
  const other = await changes(
    3,
    async () => false,
    ({ failures }) => failures === 3,
  );
  expect(other.at(-1)?.failures).toBe(3);
  const never = await changes(
    6,
    async () => true,
    ({ failures }) => failures === 1,
  );
  expect(never.filter(({ state }) => state === 'restarting')).toHaveLength(6);
}, 120_000);
