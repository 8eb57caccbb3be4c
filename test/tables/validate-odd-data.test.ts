/** Data that is odd and yet data: the right answer, or a problem in words. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect as wanted } from 'ratchet-ml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import type { Expectation, ResultFormat, ValidationResult } from '#contracts/validation.ts';
import { suggestSuite } from '#measures/expectations/suggest.ts';
import { suiteOf } from '#measures/expectations/suite.ts';
import { validateTable } from '#measures/expectations/validation.ts';
import type { Tables } from '#ports/tables.ts';

let folder: string;
let tables: Tables;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-odd-'));
  tables = createTablesInProcess();
});
afterAll(async () => {
  await tables.close();
  await rm(folder, { recursive: true, force: true });
});

let made = 0;
async function parquet(...selects: string[]): Promise<string[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const files: string[] = [];
  for (const select of selects) {
    const file = join(folder, `${made++}.parquet`);
    await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
    files.push(file);
  }
  connection.closeSync();
  instance.closeSync();
  return files;
}

async function validate(
  files: string[],
  expectations: Expectation[],
  format?: ResultFormat,
): Promise<ValidationResult> {
  const shape = await tables.shape(files);
  return validateTable({ files, shape, data: 'odd', suite: suiteOf(expectations), format }, tables);
}
const held = ({ results }: ValidationResult) => results.map(({ success }) => success);
const observed = ({ results }: ValidationResult) => results.map(({ result }) => result.observed_value);
const { column } = wanted;
const a = column('a');

const everything = (name: string) => {
  const one = column(name);
  const range = { min: 0, max: 1 };
  return [
    ...[
      one.notNull(),
      one.unique(),
      one.oneOf(['x', 1, true]),
      one.matches('x'),
      one.length({ min: 1 }),
      one.type('int'),
    ],
    ...[
      one.between(0, 1),
      one.date(),
      one.json(),
      one.increasing(),
      one.zScoreBelow(3),
      one.min(range),
      one.max(range),
    ],
    ...[one.mean(range), one.median(range), one.sum(range), one.stdev(range), one.distinctCount(range)],
    ...[one.quantiles({ 0.5: [0, 1] }), one.mostCommonIn([1]), one.distinctEqual([1]), one.timeFormat('%Y')],
    one.divergence({ values: [1, 2], weights: [0.5, 0.5] }, 1),
  ];
};

describe.each([
  ['no rows', 'SELECT 1 AS a, 2.5 AS b WHERE false'],
  ['only nulls', 'SELECT NULL::DOUBLE AS a FROM range(5)'],
  ['only nulls of text', 'SELECT NULL::VARCHAR AS a FROM range(5)'],
  ['one row', 'SELECT 7 AS a'],
  ['one value', 'SELECT 7 AS a FROM range(50)'],
  ['infinities and NaN', "SELECT unnest(['inf'::DOUBLE, '-inf'::DOUBLE, 'nan'::DOUBLE, 1, NULL, 1e308, -1e308]) AS a"],
  ['decimals', 'SELECT (i / 7)::DECIMAL(18, 3) AS a FROM range(20) t(i)'],
  ['lists', 'SELECT [i, i] AS a FROM range(3) t(i)'],
  ['structs', "SELECT {x: i, y: 'z'} AS a FROM range(3) t(i)"],
  ['maps', "SELECT MAP {'k': i} AS a FROM range(3) t(i)"],
  ['bytes', "SELECT '\\xAA\\xBB'::BLOB AS a FROM range(3)"],
  ['intervals and times', "SELECT INTERVAL 1 DAY AS a, TIME '10:00' AS b"],
  ['zoned times', "SELECT TIMESTAMPTZ '2024-03-31 02:30:00+01' + INTERVAL (i) HOUR AS a FROM range(5) t(i)"],
  ['nanoseconds', "SELECT '2024-01-01 00:00:00.123456789'::TIMESTAMP_NS AS a"],
  ['infinite times', "SELECT unnest(['infinity'::TIMESTAMP, '2024-01-01'::TIMESTAMP, '-infinity'::TIMESTAMP]) AS a"],
  ['huge whole numbers', 'SELECT 170141183460469231731687303715884105727::HUGEINT AS a FROM range(3)'],
  ['texts of 1 MB', "SELECT repeat('é', 1000000) || i AS a FROM range(3) t(i)"],
  ['enums', "SELECT 'x'::ENUM('x', 'y') AS a"],
])('%s', (_, select) => {
  test('every expectation is answered, and what is suggested holds', async () => {
    const files = await parquet(select);
    const result = await validate(files, everything('a'), 'COMPLETE');
    expect(result.results).toHaveLength(everything('a').length);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(JSON.stringify(result).length).toBeLessThan(200_000);
    const shape = await tables.shape(files);
    const suggested = await validate(files, await suggestSuite(files, shape, tables));
    expect(suggested.results.filter(({ success }) => !success)).toEqual([]);
  });
});

test('nothing to judge holds; figures of nothing fail, sums and counts of nothing are 0', async () => {
  const files = await parquet('SELECT NULL::DOUBLE AS a FROM range(5)');
  const result = await validate(files, [
    a.between(1, 2),
    a.mean({ min: 0 }),
    a.sum({ min: 0 }),
    a.distinctCount({ max: 0 }),
    a.notNull(),
  ]);
  expect(held(result)).toEqual([true, false, true, true, false]);
  expect(observed(result).slice(1, 4)).toEqual([null, 0, 0]);
});

test('figures that are not finite cross as texts', async () => {
  const files = await parquet("SELECT unnest(['inf'::DOUBLE, 1, 'nan'::DOUBLE]) AS a");
  const result = await validate(files, [
    a.max({ min: 0 }),
    a.min({ max: 1 }),
    a.mean({ min: 0 }),
    a.notNull(),
    a.stdev({ min: 0 }),
  ]);
  expect(observed(result)).toEqual(['Infinity', 1, 'Infinity', undefined, null]);
  expect(held(result)).toEqual([true, true, true, false, false]);
});

test('whatever a column is called, it is a column', async () => {
  const names = [
    '"; DROP TABLE x; --',
    "it's",
    '<script>alert(1)</script>',
    '👍🏽',
    'a\nb',
    ' ',
    'select',
    '$1',
    'file_row_number',
    '__ratchet_row',
    'place',
    'c0',
    'f0',
  ];
  const quoted = names.map((name, index) => `${index} AS "${name.replaceAll('"', '""')}"`);
  const files = await parquet(`SELECT ${quoted.join(', ')} FROM range(3)`);
  const result = await validate(
    files,
    names.flatMap((name, index) => [column(name).between(index, index), column(name).unique()]),
  );
  expect(held(result)).toEqual(names.flatMap(() => [true, false]));
  expect(result.results[1]?.ratchet.examples.map(({ row }) => row)).toEqual([1, 2, 3]);
  await expect(validate(files, [column('x\0y').notNull()])).resolves.toMatchObject({ success: false });
});

test('ten thousand columns', async () => {
  const files = await parquet(
    `SELECT ${Array.from({ length: 10_000 }, (_, i) => `${i} AS c${i}`).join(', ')} FROM range(2)`,
  );
  const result = await validate(files, [
    column('c9999').between(9999, 9999),
    column('c5000').mean({ max: 1 }),
    wanted.columnCount(10_000),
  ]);
  expect(held(result)).toEqual([true, false, true]);
});

test('rows of several files have places that run on', async () => {
  const files = await parquet(
    'SELECT i AS a FROM range(3) t(i)',
    'SELECT (i + 10)::BIGINT AS a FROM range(3) t(i)',
    'SELECT 1 AS a',
  );
  const result = await validate(files, [a.between(0, 10), a.increasing(), a.unique(), wanted.rowCount(7)]);
  expect(result.results.map(({ result }) => result.partial_unexpected_index_list)).toEqual([
    [4, 5],
    [6],
    [1, 6],
    undefined,
  ]);
  expect(result.results[3]?.success).toBe(true);
  await expect(validate([...files, ...(await parquet('SELECT 1 AS b'))], [a.notNull()])).rejects.toThrow(
    /has no column a|mismatch|columns/i,
  );
});

test('times of several zones are instants', async () => {
  const files = await parquet(
    "SELECT unnest([TIMESTAMPTZ '2024-01-01 00:30:00+01', TIMESTAMPTZ '2023-12-31 23:30:00Z']) AS a",
  );
  const result = await validate(files, [
    a.between('2023-12-31T23:30:00Z', '2024-01-01T00:30:00+01:00'),
    a.unique(),
    a.max({ max: '2023-12-31T23:30:00' }),
  ]);
  expect(held(result)).toEqual([true, false, true]);
  expect(observed(result)[2]).toBe('2023-12-31T23:30:00+00:00');
});
