/** What looks at growing data leave behind: in the store nothing of the data, on this machine what a few hours need. */
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readMemory } from '#activities/watch/cursor.ts';
import { watchData } from '#activities/watch/data.ts';
import { asStage, type WatchDeps } from '#activities/watch/deps.ts';
import { heldFiles, holding, removeOldFiles } from '#activities/watch/held-files.ts';
import { type LocalTable, rowsBetween } from '#activities/watch/watched-rows.ts';
import type { Json } from '#contracts/json.ts';
import type { WatchFinding } from '#contracts/loop/activities.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { dataSources } from '#workers/step-cache.ts';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';

/** `RATCHET_LOOKS=12 RATCHET_FILES=60 RATCHET_ROWS=6250` measures the curve of docs/scale.md. */
const LOOKS = Number(process.env.RATCHET_LOOKS ?? 4);
const FILES = Number(process.env.RATCHET_FILES ?? 20);
const ROWS = Number(process.env.RATCHET_ROWS ?? 1_500);
const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;

let place: DataWorkplace;
beforeAll(async () => {
  place = await createDataWorkplace();
});
afterAll(() => place.close());

/** An hour of rows, 72 bytes each as CSV. */
function writeHour(folder: string, hour: number): number {
  let state = hour + 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647).toFixed(9);
  };
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const at = new Date(START + hour * HOUR + (row * HOUR) / ROWS).toISOString();
    return `${at},${random()},${random()},${random()},p${row % 7}`;
  });
  const path = join(folder, `hour-${String(hour).padStart(5, '0')}.csv`);
  writeFileSync(path, `at,a,b,c,place\n${lines.join('\n')}\n`);
  // Written a while before the look, as most are.
  utimesSync(path, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
  return statSync(path).size;
}

const bytesBelow = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

it('a look leaves nothing of the data in the store, however much the window holds', async () => {
  const data = join(place.folder, 'data');
  mkdirSync(data);
  let written = 0;
  for (let hour = 0; hour < FILES; hour++) written += writeHour(data, hour);
  const { store, tables } = place;
  const sources = dataSources({ root: place.folder, store, tables });
  const deps = { store, tables, sources, files: null, workFolder: join(place.folder, 'work') } as unknown as WatchDeps;
  mkdirSync(deps.workFolder, { recursive: true });
  const policy = LoopPolicy.parse({
    pipeline: 'p',
    watch: { source: join(data, '*.csv'), timeColumn: 'at', window: '365d' },
  });
  const watch = policy.watch;
  if (!watch) throw new Error('no watch');
  let mark: Json = {};
  mkdirSync(place.store.folder, { recursive: true });
  const cache = join(place.folder, '.ratchet', 'cache');
  const table: { look: number; data: number; store: number; machine: number; ms: number }[] = [];
  for (let look = 0; look < LOOKS; look++) {
    const began = performance.now();
    const asOf = new Date(START + (FILES + look) * HOUR).toISOString();
    const attempt = () => new MockActivityEnvironment();
    const found: WatchFinding = await attempt().run(() => watchData(deps, { policy, mark, asOf }));
    mark = { ...(mark as object), ...found.mark };
    const rows: LocalTable | null = await attempt().run(() =>
      asStage(deps, policy, asOf, async (context) =>
        rowsBetween(deps, watch, await readMemory(store, mark), [new Date(START).toISOString(), asOf], context),
      ),
    );
    expect(rows?.rows).toBe((FILES + look) * ROWS);
    table.push({
      look: look + 1,
      data: written,
      store: bytesBelow(place.store.folder),
      machine: bytesBelow(cache),
      ms: Math.round(performance.now() - began),
    });
    written += writeHour(data, FILES + look);
  }
  if (process.env.RATCHET_LOOKS) console.table(table);
  const objects: string[] = [];
  for await (const { key } of store.list('')) objects.push(key);
  expect(objects.filter((key) => !key.startsWith('watched/'))).toEqual([]);
  // No more than the tables of the files of each look; hours later, nothing.
  await removeOldFiles(join(cache, 'watch'), { now: Date.now() + 7 * HOUR });
  expect(bytesBelow(join(cache, 'watch'))).toBe(0);
});

it('a file that a look has just found again is not removed as old by another', async () => {
  const folder = join(place.folder, 'held');
  const made = join(place.folder, 'made.parquet');
  writeFileSync(made, 'rows');
  const [md5 = ''] = await place.tables.md5([made]);
  const { cache } = heldFiles(place.tables, folder);
  const { uri, path } = await cache.keep(made, md5);
  const fiveHoursAgo = new Date(Date.now() - 5 * HOUR);
  utimesSync(path, fiveHoursAgo, fiveHoursAgo);
  const ref = {
    uri,
    digest: `md5:${md5}`,
    rows: 1,
    bytes: 4,
    columns: [],
    kind: 'dataset',
    format: 'parquet',
  } as const;
  expect(await cache.localFile(ref)).toBe(path);
  await removeOldFiles(folder, { now: Date.now() + 2 * HOUR });
  expect(readdirSync(folder)).toHaveLength(1);
  await removeOldFiles(folder, { now: Date.now() + 7 * HOUR });
  expect(readdirSync(folder)).toEqual([]);
});

it('tables beyond the bytes that they may take go, the oldest first, and never one that a look reads or has just found', async () => {
  const folder = join(place.folder, 'bounded');
  mkdirSync(folder);
  const table = (name: string, hours: number) => {
    const path = join(folder, `${name}.parquet`);
    writeFileSync(path, Buffer.alloc(1_000));
    utimesSync(path, new Date(Date.now() - hours * HOUR), new Date(Date.now() - hours * HOUR));
    return path;
  };
  const left = () => readdirSync(folder).sort().join(' ');
  const read = table('e', 5);
  table('d', 4);
  table('c', 3);
  table('b', 2);
  table('a', 0);
  await removeOldFiles(folder, { most: 5_000 });
  expect(left()).toBe('a.parquet b.parquet c.parquet d.parquet e.parquet');
  await holding(async (hold) => {
    hold(read);
    // There is room for three, and one of them is read.
    await removeOldFiles(folder, { most: 3_500 });
    expect(left()).toBe('a.parquet b.parquet e.parquet');
    await removeOldFiles(folder, { most: 0 });
    expect(left()).toBe('a.parquet e.parquet');
  });
  await removeOldFiles(folder, { most: 0 });
  expect(left()).toBe('a.parquet');
});

it('a window is made again where its table had no room, and there is room for what is asked for', async () => {
  const data = join(place.folder, 'roomless');
  mkdirSync(data);
  writeHour(data, 0);
  const { store, tables } = place;
  const sources = {
    ...dataSources({ root: place.folder, store, tables }),
    cacheFolder: join(place.folder, 'roomless-cache'),
  };
  const deps = {
    store,
    tables,
    sources,
    heldBytes: 0,
    workFolder: join(place.folder, 'work'),
  } as Partial<WatchDeps> as WatchDeps;
  const policy = LoopPolicy.parse({ pipeline: 'p', watch: { source: join(data, '*.csv'), timeColumn: 'at' } });
  const { watch } = policy;
  if (!watch) throw new Error('no watch');
  const asOf = new Date(START + HOUR).toISOString();
  const memory = await readMemory(store, {});
  const window = (): Promise<LocalTable | null> =>
    new MockActivityEnvironment().run(() =>
      asStage(deps, policy, asOf, (context) =>
        rowsBetween(deps, watch, memory, [new Date(START).toISOString(), asOf], context),
      ),
    );
  const first = await window();
  expect(first?.rows).toBe(ROWS);
  const folder = join(sources.cacheFolder, 'watch');
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.parquet')))
    utimesSync(join(folder, name), new Date(Date.now() - HOUR), new Date(Date.now() - HOUR));
  expect(await window()).toMatchObject({ rows: ROWS, digest: first?.digest });
});
