/** The online store on a real Redis: alone, as a cluster, full, killed, started again, with a password. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRedis } from '#adapters/redis/online-store.ts';
import { entityKey } from '#ports/online-key.ts';
import { encodeRow } from '#ports/online-row.ts';
import type { OnlineRow, OnlineStore } from '#ports/online-store.ts';
import { onlineStoreConformance } from '../conformance/online-store.ts';
import { windowedPushes } from '../fixtures/windowed-pushes.ts';
import { noRedis, startRedis, type TestRedis } from '../servers/redis.ts';

const row = (id: number, event: bigint, x = 'x'): OnlineRow => ({
  view: 'v',
  key: entityKey([['id', BigInt(id)]]),
  row: encodeRow({ event, created: null, values: new Map([['x', x]]) }),
});
const question = (id: number) => ({ key: row(id, 0n).key, views: ['v'] });

/** What a rejection says. */
const words = (promise: Promise<unknown>) =>
  promise.then(
    () => 'it was answered',
    (error: unknown) => `${(error as { type?: string }).type}: ${error instanceof Error ? error.message : error}`,
  );

describe.skipIf(noRedis)(`Redis${noRedis ? ` (${noRedis})` : ''}`, () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.close());

  let places = 0;
  onlineStoreConformance('one Redis', async () => {
    const prefix = `place${places++}`;
    return { open: () => openRedis({ url: redis.url, prefix }) };
  });

  test('keeps all that it acknowledged when it is killed, and is found again by the same client', async () => {
    const store = await openRedis({ url: redis.url, prefix: 'killed' });
    await store.write([row(1, 5n)]);
    await redis.server.kill();
    expect(await words(store.write([row(2, 5n)]))).toMatch(/^OutsideUnreachable: .*cannot be reached while writing/);
    await redis.server.start();
    await expect.poll(() => words(store.read([question(1)]))).toBe('it was answered');
    expect(await store.read([question(1)])).toEqual([[Buffer.from(row(1, 5n).row)]]);
    // The script was lost with the process.
    expect(await store.write([row(1, 4n), row(3, 1n)])).toEqual({ written: 1, older: 1, changed: 0 });
    await store.close();
  });

  test('that is killed amid pushes of windows has those that it acknowledged, and none twice when all are told again', async () => {
    const store = await openRedis({ url: redis.url, prefix: 'windows-killed' });
    const windows = windowedPushes('w');
    const numbers = Array.from({ length: 200 }, (_, index) => index + 1);
    const pushes = numbers.map(async (n) => {
      await delay(n);
      return windows.push(store, [n]).then(
        () => n,
        () => null,
      );
    });
    await delay(60);
    await redis.server.kill();
    const acknowledged = (await Promise.all(pushes)).filter((n) => n !== null);
    await redis.server.start();
    await expect.poll(() => words(store.read([question(1)]))).toBe('it was answered');
    expect(acknowledged.length).toBeLessThan(200);
    expect(Number((await windows.read(store)).events)).toBeGreaterThanOrEqual(acknowledged.length);
    await windows.push(store, numbers);
    expect(await windows.read(store)).toEqual({ events: 200n, total: 20_100n });
    await store.close();
  });

  test('that is full says so, and goes on answering with what it has', async () => {
    const full = await startRedis('--maxmemory', '3mb', '--maxmemory-policy', 'noeviction');
    const store = await openRedis({ url: full.url });
    await store.write([row(1, 5n)]);
    const large = 'x'.repeat(20_000);
    const many = Array.from({ length: 300 }, (_, id) => row(id + 10, 5n, large));
    expect(await words(store.write(many))).toMatch(/^OutsideRefused: .*refused while writing \(.*OOM.*it is full/);
    expect(await store.read([question(1)])).toEqual([[Buffer.from(row(1, 5n).row)]]);
    await store.close();
    await full.close();
  });

  test('that wants a password is told from one that is away, and never shows it', async () => {
    const closed = await startRedis('--requirepass', 'correct-horse');
    expect(await words(openRedis({ url: closed.url }))).toMatch(/^OutsideRefused: .*RATCHET_REDIS_PASSWORD/);
    const wrong = await words(openRedis({ url: closed.url, password: 'battery-staple' }));
    expect(wrong).toMatch(/^OutsideRefused: .*WRONGPASS/);
    expect(wrong).not.toContain('battery-staple');
    const store = await openRedis({ url: closed.url, password: 'correct-horse' });
    expect(store.at).not.toContain('correct-horse');
    await store.close();
    await closed.close();
    expect(await words(openRedis({ url: closed.url }))).toMatch(/^OutsideUnreachable: .*ECONNREFUSED/);
  });

  test.each(['http://x', 'redis://:secret@host:6379', 'redis://', 'redis://a:1/x'])('%s is no address', async (url) => {
    const said = await words(openRedis({ url }));
    expect(said).toMatch(/^InvalidInput: .*write redis:\/\/HOST:PORT/);
    expect(said).not.toContain('secret');
  });
});

describe.skipIf(noRedis)(`a cluster of Redis${noRedis ? ` (${noRedis})` : ''}`, () => {
  const nodes: TestRedis[] = [];
  beforeAll(async () => {
    for (let node = 0; node < 3; node++) nodes.push(await startRedis('--cluster-enabled', 'yes'));
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    nodes[0]?.cli('--cluster', 'create', ...addresses, '--cluster-yes');
    while (nodes.some((node) => !node.cli('cluster', 'info').includes('cluster_state:ok'))) await delay(100);
  });
  afterAll(async () => {
    for (const node of nodes) await node.close();
  });

  let places = 0;
  onlineStoreConformance('the cluster', async () => {
    const url = `redis://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
    const prefix = `place${places++}`;
    return { open: (): Promise<OnlineStore> => openRedis({ url, prefix }) };
  });

  test('and its rows lie on all nodes', () => {
    const sizes = nodes.map((node) => Number(node.cli('dbsize')));
    expect(sizes.every((size) => size > 1_000)).toBe(true);
  });
});
