/** An expression that makes one value larger than the machine: the host that computes it ends within its limit, alone, and once. */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failedAttempt } from '#activities/dispatch/failure.ts';
import { residentLimit } from '#adapters/duckdb/host/memory.ts';
import type { DatasetRef } from '#contracts/data.ts';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';

const work = new URL('../fixtures/data-host/work.ts', import.meta.url).href;
/** Of two hosts together. */
const memory = '512MiB';
const limit = residentLimit('256MiB');
const before = process.env.RATCHET_DUCKDB_MEMORY;
let place: DataWorkplace;
let data: DatasetRef;
beforeAll(async () => {
  process.env.RATCHET_DUCKDB_MEMORY = memory;
  place = await createDataWorkplace();
  data = await place.dataset('flights', `id,delay\n${Array.from({ length: 40 }, (_, i) => `${i},${i}`).join('\n')}\n`);
});
afterAll(async () => {
  if (before === undefined) delete process.env.RATCHET_DUCKDB_MEMORY;
  else process.env.RATCHET_DUCKDB_MEMORY = before;
  await place.close();
});

const pid = () => place.tables.compute<number>({ module: work, name: 'pid', args: null, files: [] });

/** Highest resident memory of a process, in bytes, by what the kernel kept of it, until it is gone. */
async function highest(of: number, ended: () => boolean): Promise<number> {
  let most = 0;
  while (!ended()) {
    const status = await readFile(`/proc/${of}/status`, 'utf8').catch(() => '');
    most = Math.max(most, 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    await pause(5);
  }
  return most;
}

test.each([
  ["repeat('x', 3000000000)", "length(repeat('x', 3000000000))"],
  ['range(2000000000)', 'len(range(2000000000))'],
  ['a list of texts', "len(list_transform(range(400000000), lambda x: 'abcdefghijklmnopqrstuvwxyz' || x))"],
])('%s', async (_, long) => {
  const host = await pid();
  let over = false;
  const peak = highest(host, () => over);
  const error = await place
    .featurize({ data, split: { by: 'share', holdout: 0.25 }, derive: { long } })
    .then(
      () => null,
      (reason: unknown) => reason,
    )
    .finally(() => {
      over = true;
    });
  expect(error).toMatchObject({
    name: 'UserError',
    type: 'OutsideRefused',
    message: expect.stringMatching(/memory|MiB that a data host may hold/),
  });
  // What is written between two looks comes on top.
  expect(await peak).toBeLessThan(limit + 2 ** 30);
  // Not tried again.
  const tries = { allowed: 3, own: 0, deaths: 0, awaySince: null, startedAt: 0, now: 0 };
  expect(failedAttempt(error, 'featurize', tries)).toMatchObject({ nonRetryable: true });
  // Others go on.
  expect(await pid()).toBeGreaterThan(0);
});

test('what fits is computed', async () => {
  const { train } = await place.featurize({
    data,
    split: { by: 'share', holdout: 0.25 },
    derive: { long: "length(repeat('x', 30000000))" },
  });
  expect(train.rows).toBe(30);
});
