/** Parquet files of one table are opened by the union of what they hold, in every operation alike, or refused by name. */
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import type { SnapshotRequest, TableShape } from '#ports/tables.ts';

let folder: string;
let tables: ReturnType<typeof createTablesInProcess>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-parts-'));
  tables = createTablesInProcess();
});
afterAll(async () => {
  await tables.close();
  await rm(folder, { recursive: true, force: true });
});

async function sql(statement: string) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(statement)).getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

let made = 0;
async function parts(selects: readonly string[]): Promise<string[]> {
  const own = join(folder, String(made++));
  await mkdir(own);
  const files = selects.map((_, index) => join(own, `${index}.parquet`));
  for (const [index, select] of selects.entries()) await sql(`COPY (${select}) TO '${files[index]}' (FORMAT parquet)`);
  return files;
}

async function snapshot(files: readonly string[], more: Partial<SnapshotRequest> = {}) {
  const to = join(folder, `${made++}.parquet`);
  const { columns } = await tables.snapshot({ files, format: 'parquet', to, ...more });
  const rows = await sql(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet('${to}', hive_partitioning = false)`);
  return { columns, rows };
}

const summary = {
  reference: null,
  time: null,
  first: [],
  correlate: {
    module: new URL('../../measures/quality/correlations.ts', import.meta.url).href,
    name: 'correlations',
  },
} as const;
/** Every way in which an operation opens a table. */
const ways: Record<string, (files: readonly string[]) => Promise<TableShape['columns'] | number>> = {
  snapshot: async (files) => (await snapshot(files)).columns,
  shape: async (files) => (await tables.shape(files)).columns,
  measure: async (files) => (await tables.measure({ files, measures: [{ of: 'rows' }] })).length,
  summarize: async (files) => (await tables.summarize({ ...summary, current: files })).current.rows,
  columns: async (files) => (await tables.columns(files, {})).rows,
  scan: (files) => tables.scanning(files, async (open) => (await open(files)).columns, new AbortController().signal),
  quarantine: async (files) => (await tables.quarantine({ files, tests: [], good: null, bad: null })).rows,
};

describe.each([
  ['the first all null', ['SELECT NULL::INT AS x', "SELECT 'a' AS x"], 'VARCHAR', [null, 'a']],
  ['the first empty', ['SELECT 1 AS x WHERE false', "SELECT 'a' AS x"], 'VARCHAR', ['a']],
  [
    'whole numbers beside fractions and NaN',
    ['SELECT 1 AS x', "SELECT unnest([0.5::DOUBLE, 'NaN'])  AS x"],
    'DOUBLE',
    ['1.0', '0.5', 'nan'],
  ],
  [
    'FLOAT beside a whole number that it would round',
    ['SELECT 0.5::FLOAT AS x', 'SELECT 16777217 AS x'],
    'DOUBLE',
    ['0.5', '16777217.0'],
  ],
  [
    '64 bits with and without a sign',
    ['SELECT 18446744073709551615::UBIGINT AS x', 'SELECT -1::BIGINT AS x'],
    'DECIMAL(20,0)',
    ['18446744073709551615', '-1'],
  ],
  [
    'decimals of several scales',
    ['SELECT 1.10::DECIMAL(5,2) AS x', 'SELECT 1.123::DECIMAL(10,3) AS x'],
    'DECIMAL(10,3)',
    ['1.100', '1.123'],
  ],
  [
    'dates beside times',
    ["SELECT DATE '2024-01-01' AS x", "SELECT TIMESTAMP '2024-01-01 10:00' AS x"],
    'TIMESTAMP',
    ['2024-01-01 00:00:00', '2024-01-01 10:00:00'],
  ],
  [
    'JSON beside text',
    ['SELECT \'"a"\'::JSON AS x', "SELECT 'b' AS x", "SELECT '7'::JSON AS x"],
    'VARCHAR',
    ['a', 'b', '7'],
  ],
])('%s', (_, selects, type, values) => {
  test('becomes the union', async () => {
    const { columns, rows } = await snapshot(await parts(selects));
    expect(columns).toEqual([{ name: 'x', type }]);
    expect(rows.map(({ x }) => x)).toEqual(values);
  });

  test.each(['shape', 'scan'] as const)('in %s, too', async (way) => {
    expect(await ways[way]?.(await parts(selects))).toEqual([{ name: 'x', type }]);
  });

  test('as the rows of a test', async () => {
    const files = await parts(selects);
    const [rows, known] = await tables.measure({ files, measures: [{ of: 'rows' }, { of: 'nonNull', column: 'x' }] });
    expect(rows).toEqual({ value: values.length });
    expect(known).toEqual({ value: values.filter((value) => value !== null && value !== 'nan').length });
  });
});

describe.each([
  [
    'text beside a number',
    ['SELECT 1 AS x', "SELECT 'a' AS x"],
    /column x is a number \(INTEGER\) in .*0\.parquet and text \(VARCHAR\) in .*1\.parquet/,
  ],
  [
    'a column that one file lacks',
    ['SELECT 1 AS x, 2 AS y', 'SELECT 1 AS x'],
    /1\.parquet has no column y, which .*0\.parquet has/,
  ],
  [
    'a column that one file alone has',
    ['SELECT 1 AS x', 'SELECT 1 AS x, 2 AS y'],
    /1\.parquet has a column y, which .*0\.parquet has not/,
  ],
  [
    'names that differ by case',
    ['SELECT 1 AS Age', 'SELECT 1 AS age'],
    /1\.parquet calls age what .*0\.parquet calls Age/,
  ],
  [
    'a whole number that the union would round',
    ['SELECT 9007199254740993 AS x', 'SELECT 0.5::DOUBLE AS x'],
    /column x holds 9007199254740993 in .*0\.parquet \(BIGINT\), which DOUBLE/,
  ],
  ['structures that differ', ["SELECT {'a': 1} AS x", "SELECT {'a': 'b'} AS x"], /column x is STRUCT/],
])('%s is refused', (_, selects, message) => {
  test.each(Object.keys(ways))('by %s', async (way) => {
    const files = await parts(selects);
    await expect(ways[way]?.(files)).rejects.toMatchObject({
      type: 'DataInvalid',
      message: expect.stringMatching(message),
    });
  });
});

test('rows keep their places over files that differ', async () => {
  const files = await parts([
    'SELECT range AS x FROM range(3)',
    'SELECT range + 0.5::DOUBLE AS x FROM range(3)',
    'SELECT 9 AS x',
  ]);
  const measures = [{ of: 'test', columns: ['x'], test: { is: 'between', max: 1.6 }, ignore: 'any' }] as const;
  expect(await tables.measure({ files, measures })).toMatchObject([
    { unexpected: 3, places: [2, 5, 6], values: [[2], [2.5], [9]] },
  ]);
});

test('columns that differ by case in one file are refused, not renamed', async () => {
  const file = new URL('../golden/cases/alike-names/two.parquet', import.meta.url).pathname;
  await expect(tables.shape([file])).rejects.toThrow(/has columns Age and age/);
});

test("a frame's unnamed index is no column, in any operation", async () => {
  const file = new URL('../golden/cases/pandas-index/one-test.parquet', import.meta.url).pathname;
  expect((await tables.shape([file])).columns).toEqual([{ name: 'a', type: 'DOUBLE' }]);
  expect((await snapshot([file])).columns).toEqual([{ name: 'a', type: 'DOUBLE' }]);
  expect(await ways.scan?.([file])).toEqual([{ name: 'a', type: 'DOUBLE' }]);
  expect((await tables.summarize({ ...summary, current: [file] })).columns.map(({ name }) => name)).toEqual(['a']);
});

test("a path's name=value folders make columns only where they are asked for", async () => {
  const [plain = ''] = await parts(['SELECT 1.5::DOUBLE AS a, 2 AS b']);
  const file = join(folder, 'a=9', 'month=05', 'own.parquet');
  await mkdir(join(folder, 'a=9', 'month=05'), { recursive: true });
  await cp(plain, file);
  const columns = [
    { name: 'a', type: 'DOUBLE' },
    { name: 'b', type: 'INTEGER' },
  ];
  expect((await tables.shape([file])).columns).toEqual(columns);
  const read = await snapshot([file]);
  expect(read).toEqual({ columns, rows: [{ a: '1.5', b: '2' }] });
  await expect(snapshot([file], { labels: ['a=9/own.parquet'], hivePartitions: true })).rejects.toThrow(
    /has a column a, and so has its path/,
  );
  const asked = await snapshot([file, file], { labels: ['m=5/p', 'm=6/p'], hivePartitions: true });
  expect(asked.rows).toEqual([
    { a: '1.5', b: '2', m: '5' },
    { a: '1.5', b: '2', m: '6' },
  ]);
});

test.each([
  [{ x: 'DOUBLE' }, null],
  [{ x: 'BIGINT' }, /row 1: column x holds "2\.50"/],
  [{ y: 'BIGINT' }, /row 1: column y holds "2\.5"/],
  [{ b: 'DOUBLE' }, /row 1: column b holds "9007199254740993"/],
  [{ t: 'DATE' }, /row 1: column t holds "2024-01-01 10:00:00"/],
  [{ b: 'VARCHAR' }, null],
])('a declared type %j loses nothing', async (types, message) => {
  const files = await parts([
    "SELECT '2.50' AS x, 2.5::DOUBLE AS y, TIMESTAMP '2024-01-01 10:00' AS t, 9007199254740993 AS b",
  ]);
  if (message) await expect(snapshot(files, { types })).rejects.toThrow(message);
  else
    expect((await snapshot(files, { types })).columns).toContainEqual({
      name: Object.keys(types)[0],
      type: Object.values(types)[0],
    });
});
