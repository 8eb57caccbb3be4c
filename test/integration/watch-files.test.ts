/** Files that are being written while the watch looks: counted, or named and left for the next look. Real files and DuckDB. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createDatasetCache } from '#activities/data/dataset-cache.ts';
import { watchData } from '#activities/watch/data.ts';
import type { WatchDeps } from '#activities/watch/deps.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import type { Json } from '#contracts/json.ts';
import type { WatchFinding } from '#contracts/loop/activities.ts';
import { DataArrived } from '#contracts/loop/evidence.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import type { Tables } from '#ports/tables.ts';
import { dataSources } from '#workers/step-cache.ts';
import { createFolderStore } from '../conformance/folder-store.ts';
import { attempt } from '../fixtures/runtime.ts';

let folder: string;
let tables: Tables;
let deps: WatchDeps;
/** Called when files are counted: that is when somebody else writes to it. */
let whileReading: () => void = () => undefined;
beforeAll(() => {
  const real = createTablesInProcess();
  tables = {
    ...real,
    count: async (...asked) => {
      const facts = await real.count(...asked);
      whileReading();
      return facts;
    },
  };
});
afterAll(() => tables.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-watch-files-'));
  for (const name of ['data', 'work']) mkdirSync(join(folder, name));
  const store = createFolderStore(join(folder, 'store'));
  const sources = dataSources({ root: folder, store, tables });
  // What counting asks for, and nothing else.
  deps = {
    ...{ store, tables, sources, files: createDatasetCache(sources) },
    workFolder: join(folder, 'work'),
  } as Partial<WatchDeps> as WatchDeps;
  return () => rmSync(folder, { recursive: true, force: true });
});

const at = '2026-01-01T00:00:00.000Z';
async function look(mark: Json) {
  const source = join(folder, 'data', '*.csv');
  const policy = LoopPolicy.parse({ pipeline: 'p', model: 'p', watch: { source } });
  const found = (await attempt().run(() => watchData(deps, { policy, mark, asOf: at }))) as WatchFinding;
  const told = found.evidence.map(({ value }) => DataArrived.parse(value));
  return {
    ...{ mark: Object.keys(found.mark).length > 0 ? found.mark : mark, notes: found.notes ?? [] },
    rows: told.flatMap(({ partitions }) => partitions).map(({ file, rows }) => [file?.split('/').at(-1), rows]),
    growing: told.flatMap(({ growing }) => (growing ? [growing.map((label) => label.split('/').at(-1))] : [])),
  };
}
const file = (name: string) => join(folder, 'data', name);
/** As if nobody had written to it for a while. */
const settle = (name: string) => utimesSync(file(name), 1_600_000_000, 1_600_000_000);

test('a file that was just written to counts, and is named until it has settled', async () => {
  writeFileSync(file('a.csv'), 'x\n1\n2\n');
  settle('a.csv');
  writeFileSync(file('b.csv'), 'x\n1\n2\n3\n');
  const first = await look(null);
  expect(first).toMatchObject({
    rows: [
      ['a.csv', 2],
      ['b.csv', 3],
    ],
    growing: [['b.csv']],
  });
  expect(first.notes).toEqual([
    expect.stringMatching(/b\.csv may still be growing: it was written to \d\.\d s before/),
  ]);
  settle('b.csv');
  const second = await look(first.mark);
  expect(second).toMatchObject({ rows: [], growing: [[]], notes: [] });
  expect(await look(second.mark)).toMatchObject({ rows: [], growing: [], notes: [] });
});

test('one that has more rows than at the look before counts by what came, and is named with both', async () => {
  writeFileSync(file('a.csv'), 'x\n1\n2\n');
  settle('a.csv');
  const first = await look(null);
  appendFileSync(file('a.csv'), '3\n4\n5\n');
  settle('a.csv');
  const second = await look(first.mark);
  expect(second).toMatchObject({ rows: [['a.csv', 3]], growing: [['a.csv']] });
  expect(second.notes[0]).toContain('it has 5 rows, and had 2 at the look before');
});

test('one that changes while it is read is left for the next look, the others count', async () => {
  for (const name of ['a.csv', 'b.csv']) {
    writeFileSync(file(name), `x\n1\n2\n${name === 'b.csv' ? '3\n' : ''}`);
    settle(name);
  }
  let once = true;
  whileReading = () => {
    if (once) appendFileSync(file('a.csv'), '4\n5\n');
    once = false;
  };
  const first = await look(null);
  expect(first).toMatchObject({ rows: [['b.csv', 3]], growing: [['a.csv']] });
  expect(first.notes[0]).toMatch(/a\.csv may still be growing: it changed while it was read, and is not counted yet/);
  settle('a.csv');
  expect(await look(first.mark)).toMatchObject({ rows: [['a.csv', 4]], growing: [[]] });
});

test('half a line of what is being written is no reason to see nothing; where nobody writes it is an error', async () => {
  writeFileSync(file('a.csv'), 'x,y\n1,2\n3,4\n');
  settle('a.csv');
  writeFileSync(file('b.csv'), 'x,y\n1,2\n3,"4');
  const first = await look(null);
  expect(first).toMatchObject({ rows: [['a.csv', 2]], growing: [['b.csv']] });
  expect(first.notes[0]).toContain('and is not counted yet');
  settle('b.csv');
  await expect(look(first.mark)).rejects.toThrow(/b\.csv/);
});
