import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openLmdb } from '#adapters/lmdb/online-store.ts';
import { entityKey } from '#ports/online-key.ts';
import { encodeRow } from '#ports/online-row.ts';
import { onlineStoreConformance } from '../../conformance/online-store.ts';
import { windowedPushes } from '../../fixtures/windowed-pushes.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-lmdb-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

onlineStoreConformance('LMDB', async () => {
  const path = join(mkdtempSync(join(folder, 'place-')), 'features.v1');
  return { open: () => openLmdb({ path }) };
});

describe('LMDB', () => {
  const rows = (length: number, size: number) =>
    Array.from({ length }, (_, index) => ({
      view: 'v',
      key: entityKey([['id', BigInt(index)]]),
      row: encodeRow({ event: 1n, created: null, values: new Map([['x', 'x'.repeat(size)]]) }),
    }));

  test('that is full refuses the batch whole, says how much there is, and goes on answering', async () => {
    const store = await openLmdb({ path: join(folder, 'full'), maxBytes: 400_000 });
    await store.write(rows(10, 100));
    const refusal = await store.write(rows(100, 10_000)).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ type: 'OutsideRefused' });
    expect(String(refusal)).toMatch(/full.*400000 are the most.*Nothing of the batch was kept/);
    const found = await store.read(rows(100, 1).map(({ key }) => ({ key, views: ['v'] })));
    expect(found.filter(([row]) => row).map(([row]) => row?.length)).toEqual(Array(10).fill(found[0]?.[0]?.length));
    await store.close();
  });

  test('that is full refuses windows, too, and has those that it acknowledged', async () => {
    const store = await openLmdb({ path: join(folder, 'full-windows'), maxBytes: 300_000 });
    const windows = windowedPushes('w');
    await windows.push(store, [1, 2, 3]);
    const many = Array.from({ length: 5_000 }, (_, index) => index + 10);
    expect(await windows.push(store, many).catch((error: unknown) => error)).toMatchObject({ type: 'OutsideRefused' });
    expect(await windows.read(store)).toEqual({ events: 3n, total: 6n });
    await store.close();
  });

  test('whose place is a file is refused in words', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'mine');
    await expect(openLmdb({ path })).rejects.toThrow(/cannot be opened .* name a folder that may be written to/);
  });
});

test('a key that is too long is refused with its length', () => {
  expect(() => entityKey([['id', 'x'.repeat(2_000)]])).toThrow(/takes 2012 bytes, and 1500 are the most/);
});
