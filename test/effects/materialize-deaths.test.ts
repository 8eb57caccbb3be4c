/** A materialisation whose worker, store or Temporal is killed in the middle, or whose store is full: resumed or told, and never noted before it is done. */
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { fileKey, MATERIALIZED, readFile } from '#ports/materialized.ts';
import { entityKey } from '#ports/online-key.ts';
import { decodeRow } from '#ports/online-row.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import { openOnlineStore } from '#workers/online/place.ts';
import { waitUntil } from '../fixtures/wait-until.ts';
import { type Materializing, materializeServers } from '../integration/materialize-world.ts';
import { noRedis, startRedis } from '../servers/redis.ts';

const world = materializeServers();
const ROWS = 60_000;
const stores: OnlineStore[] = [];
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

/** Two files; of each entity the row of the second one is the newer. */
async function given(name: string): Promise<Materializing> {
  const here = await world(name);
  for (const [index, day] of ['01', '02'].entries()) {
    const lines = Array.from({ length: ROWS }, (_, row) => `${row},2026-01-${day}T00:00:00,city ${row} of ${index}`);
    await here.project.write({ [`data/plain-${index}.csv`]: `customer_id,happened,city\n${lines.join('\n')}\n` });
  }
  return here;
}

async function opened(address: string, here: Materializing) {
  const store = await openOnlineStore(address, here.project.root);
  stores.push(store);
  const cities = async (ids: readonly number[]) => {
    const found = await store.read(
      ids.map((id) => ({ key: entityKey([['customer_id', BigInt(id)]]), views: ['plain'] })),
    );
    return found.map(([row]) => (row ? decodeRow(row).values.get('city') : null));
  };
  return {
    some: async () => (await cities(Array.from({ length: 600 }, (_, n) => n * 100))).some((city) => city !== null),
    /** How many of all entities have their newest row. */
    done: async () => {
      const all = await cities(Array.from({ length: ROWS }, (_, n) => n));
      return all.filter((city, id) => city === `city ${id} of 1`).length;
    },
    noted: async () => {
      const keys = [0, 1].map((index) => fileKey('plain', `${here.project.root}/data/plain-${index}.csv`));
      const found = await store.read(keys.map((key) => ({ key, views: [MATERIALIZED] })));
      return found.filter(([row]) => readFile(row) !== null).length;
    },
  };
}
const started = (here: Materializing, address: string) =>
  here.features('materialize', 'plain', '--store', address, '--no-wait');
const finished = (here: Materializing, address: string) =>
  here.features('materialize', 'plain', '--store', address, '--json');

describe.skipIf(noRedis)('on Redis', () => {
  test('the worker is killed: the next one goes on', async () => {
    const here = await given('worker-killed');
    const redis = await startRedis();
    onTestFinished(() => redis.close());
    const view = await opened(redis.url, here);
    const first = here.worker();
    await first.ready();
    await started(here, redis.url);
    await waitUntil(view.some, Boolean);
    first.signal('SIGKILL');
    await first.ended;
    expect(await view.noted()).toBe(0);
    await here.worker().ready();
    expect(await finished(here, redis.url)).toMatchObject({ code: 0 });
    expect([await view.done(), await view.noted()]).toEqual([ROWS, 2]);
  });

  test('Redis is killed: it is waited for, and what it had acknowledged is there', async () => {
    const here = await given('redis-killed');
    const redis = await startRedis();
    onTestFinished(() => redis.close());
    await here.worker().ready();
    const view = await opened(redis.url, here);
    await started(here, redis.url);
    await waitUntil(view.some, Boolean);
    await redis.server.kill();
    await redis.server.start();
    expect(await finished(here, redis.url)).toMatchObject({ code: 0 });
    expect([await view.done(), await view.noted()]).toEqual([ROWS, 2]);
  });

  test('Temporal is killed: it goes on when it is back', async () => {
    const here = await given('temporal-killed');
    const redis = await startRedis();
    onTestFinished(() => redis.close());
    await here.worker().ready();
    const view = await opened(redis.url, here);
    await started(here, redis.url);
    await waitUntil(view.some, Boolean);
    await here.temporal().server.kill();
    await here.temporal().server.start();
    expect(await finished(here, redis.url)).toMatchObject({ code: 0 });
    expect([await view.done(), await view.noted()]).toEqual([ROWS, 2]);
  });

  test('it is full: that is told, nothing counts as read, and with more room it goes on', async () => {
    const here = await given('redis-full');
    const redis = await startRedis('--maxmemory', '4mb', '--maxmemory-policy', 'noeviction');
    onTestFinished(() => redis.close());
    await here.worker().ready();
    const view = await opened(redis.url, here);
    const full = await finished(here, redis.url);
    expect(full).toMatchObject({ code: 1, stdout: expect.stringMatching(/it is full\. Raise maxmemory/) });
    expect(await view.noted()).toBe(0);
    redis.cli('CONFIG', 'SET', 'maxmemory', '0');
    expect(await finished(here, redis.url)).toMatchObject({ code: 0 });
    expect([await view.done(), await view.noted()]).toEqual([ROWS, 2]);
  });
});

describe('on LMDB', () => {
  test('the worker is killed: the next one goes on', async () => {
    const here = await given('lmdb-worker-killed');
    const address = `lmdb:${here.project.root}/online`;
    const view = await opened(address, here);
    const first = here.worker();
    await first.ready();
    await started(here, address);
    await waitUntil(view.some, Boolean);
    first.signal('SIGKILL');
    await first.ended;
    // It may have been as quick as that.
    if ((await view.noted()) > 0) expect(await view.done()).toBe(ROWS);
    await here.worker().ready();
    expect(await finished(here, address)).toMatchObject({ code: 0 });
    expect([await view.done(), await view.noted()]).toEqual([ROWS, 2]);
  });

  test('it is full: that is told, nothing counts as read, and with more room it goes on', async () => {
    const here = await given('lmdb-full');
    const address = `lmdb:${here.project.root}/online`;
    const small = here.worker({ RATCHET_ONLINE_MAX_BYTES: '3000000' });
    await small.ready();
    const full = await finished(here, address);
    expect(full).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/is full: it takes \d+ bytes.*3000000 are the most/),
    });
    const view = await opened(address, here);
    expect(await view.noted()).toBe(0);
    small.signal('SIGKILL');
    await small.ended;
    await here.worker().ready();
    expect(await finished(here, address)).toMatchObject({ code: 0 });
    expect([await view.done(), await view.noted()]).toEqual([ROWS, 2]);
  });
});
