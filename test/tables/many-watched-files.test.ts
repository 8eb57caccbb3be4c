/** A source of many files: a look reads those that are new or changed, and no other. Real files, S3 and DuckDB; what is read is counted at their ports. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMemory } from '#activities/watch/cursor.ts';
import { watchData } from '#activities/watch/data.ts';
import { asStage, type WatchDeps } from '#activities/watch/deps.ts';
import { type LocalTable, rowsBetween } from '#activities/watch/watched-rows.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import { each } from '#contracts/each.ts';
import type { Json } from '#contracts/json.ts';
import type { WatchFinding } from '#contracts/loop/activities.ts';
import { DataArrived } from '#contracts/loop/evidence.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import { dataSources } from '#workers/step-cache.ts';
import { attempt, startStore } from '../fixtures/runtime.ts';

/** `RATCHET_FILES=1000` measures the table of docs/scale.md. Of local files more than are counted in one reading. */
const filesOf = (kind: 'local' | 's3') => Number(process.env.RATCHET_FILES ?? (kind === 's3' ? 150 : 1_200));
const ROWS = 10;
const START = Date.parse('2026-01-01T00:00:00Z');
const AS_OF = '2026-12-01T00:00:00.000Z';

let server: Awaited<ReturnType<typeof startStore>>;
let folder: string;
let tables: Tables;
const read = { listings: 0, objects: 0, objectBytes: 0, hashed: 0, asked: 0 };
beforeAll(async () => {
  server = await startStore();
  folder = mkdtempSync(join(tmpdir(), 'ratchet-many-watched-'));
  const real = createTables({ scratchFolder: join(folder, 'scratch') });
  tables = {
    ...real,
    md5: (files, signal) => {
      read.hashed += files.filter((file) => !file.endsWith('.parquet')).length;
      return real.md5(files, signal);
    },
  };
});
afterAll(async () => {
  await tables.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function counting(store: ObjectStore): ObjectStore {
  return {
    ...store,
    list: (prefix, signal) => {
      if (!prefix.startsWith('watched/')) read.listings++;
      return store.list(prefix, signal);
    },
    head: (key, signal) => {
      read.asked++;
      return store.head(key, signal);
    },
    download: async (key, path, signal) => {
      await store.download(key, path, signal);
      read.objects++;
      read.objectBytes += statSync(path).size;
    },
  };
}

const csv = (file: number, plus = 0): string => {
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const at = new Date(START + file * 60_000 + row * 6_000).toISOString();
    return `${at},${file * ROWS + row + plus},${((file * 7_919 + row * 31) % 1_000) / 8},p${row % 7}\n`;
  });
  return `at,a,b,place\n${rows.join('')}`;
};
const nameOf = (file: number) => `part-${String(file).padStart(7, '0')}.csv`;

async function world(kind: 'local' | 's3') {
  const root = join(folder, kind);
  for (const name of ['data', 'work']) mkdirSync(join(root, name), { recursive: true });
  const store = counting(await server.open());
  const write = async (file: number, plus?: number) => {
    if (kind === 's3') return store.put(`data/${nameOf(file)}`, csv(file, plus));
    const path = join(root, 'data', nameOf(file));
    writeFileSync(path, csv(file, plus));
    utimesSync(path, 1_700_000_000, 1_700_000_000);
  };
  const source = kind === 's3' ? store.uri('data/x').replace(/x$/, '*.csv') : join(root, 'data', '*.csv');
  const sources = dataSources({ root, store, tables });
  const deps = { store, tables, sources, workFolder: join(root, 'work') } as Partial<WatchDeps> as WatchDeps;
  const policy = LoopPolicy.parse({ pipeline: 'p', watch: { source, timeColumn: 'at', window: '365d' } });
  const { watch } = policy;
  if (!watch) throw new Error('no watch');
  let mark: Json = {};
  /** Counts what is new, and makes the rows of a year. */
  const look = async () => {
    Object.assign(read, { listings: 0, objects: 0, objectBytes: 0, hashed: 0, asked: 0 });
    const found: WatchFinding = await attempt().run(() => watchData(deps, { policy, mark, asOf: AS_OF }));
    mark = { ...(mark as object), ...found.mark };
    const rows: LocalTable | null = await attempt().run(() =>
      asStage(deps, policy, AS_OF, async (context) =>
        rowsBetween(deps, watch, await readMemory(store, mark), [new Date(START).toISOString(), AS_OF], context),
      ),
    );
    const told = found.evidence.flatMap(({ signal, value }) =>
      signal === 'dataArrived' ? DataArrived.parse(value).partitions : [],
    );
    return { rows: rows?.rows, told, read: { ...read } };
  };
  /** What lies in the cache of the file's bytes becomes something else. */
  const damage = (file: number, plus: number) => {
    const md5 = createHash('md5').update(csv(file, plus)).digest('hex');
    const path = join(sources.cacheFolder, storeKey.file(md5));
    chmodSync(path, 0o644);
    writeFileSync(path, csv(file, plus).replaceAll('p', 'q'));
  };
  return { write, look, damage };
}

const numbers = (length: number) => Array.from({ length }, (_, n) => n);

test.each(['s3', 'local'] as const)('of many files of %s a look reads those that are new or changed', async (kind) => {
  const FILES = filesOf(kind);
  const { write, look, damage } = await world(kind);
  await each(16, numbers(FILES), async (file) => {
    await write(file);
  });
  const first = await look();
  expect(first.rows).toBe(FILES * ROWS);
  expect(first.told.reduce((sum, { rows }) => sum + (rows ?? 0), 0)).toBe(FILES * ROWS);
  // What was touched just before it was hashed is hashed once more: a file system's clock is coarse.
  await expect.poll(async () => (await look()).read.hashed).toBe(0);
  await write(FILES);
  await write(3, 1);
  const second = await look();
  expect(second.rows).toBe((FILES + 1) * ROWS);
  expect(second.told.map(({ file, rows }) => [file?.split('/').at(-1), rows]).toSorted()).toEqual([
    [nameOf(3), 0],
    [nameOf(FILES), ROWS],
  ]);
  if (process.env.RATCHET_FILES) console.table({ first: first.read, second: second.read });
  // Counting and the window list once each.
  expect(second.read).toMatchObject({ listings: kind === 's3' ? 2 : 0, asked: 0, objects: kind === 's3' ? 2 : 0 });
  expect(second.read.hashed).toBeLessThanOrEqual(4);
  const third = await look();
  expect(third).toMatchObject({ rows: (FILES + 1) * ROWS, told: [], read: { objects: 0, asked: 0 } });
  if (kind === 'local') return;
  damage(3, 1);
  expect(await look()).toMatchObject({ rows: (FILES + 1) * ROWS, told: [], read: { objects: 1 } });
});
