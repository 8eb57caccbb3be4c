/** The quality report of data as it should not be: a right answer or a clear error, and a page that stays a page. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { QualityReport } from '#contracts/quality.ts';
import { measureQuality } from '#measures/quality/measure-quality.ts';
import { qualityPage } from '#reports/quality/quality-page.ts';
import { hostile } from '../fixtures/reports.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-quality-'));
const tables = createTablesInProcess();
let run: (sql: string) => Promise<void>;

beforeAll(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  run = async (sql) => {
    await connection.run(sql);
  };
});
afterAll(async () => {
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

async function report(select: string, reference?: string): Promise<QualityReport> {
  const file = async (name: string, sql: string) => {
    const path = join(folder, `${name}.parquet`);
    await run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`);
    return { name, files: [path] };
  };
  const found = await measureQuality(
    {
      current: await file('current', select),
      reference: reference === undefined ? null : await file('reference', reference),
      time: null,
      performance: null,
      conditions: [],
    },
    tables,
  );
  const page = await qualityPage(QualityReport.parse(JSON.parse(JSON.stringify(found))));
  expect(page.length).toBeLessThan(2 * 1024 * 1024);
  expect(page.slice(0, page.lastIndexOf('<script'))).not.toMatch(/undefined|\bNaN\b|\[object/);
  expect(page.match(/<script/g)).toHaveLength(1);
  return found;
}
const only = async (select: string) => (await report(select)).columns[0];

it('no rows at all', async () => {
  const found = await report('SELECT 1 AS a, now() AS t, [1] AS l WHERE false', `SELECT 1 AS a, now() AS t, [1] AS l`);
  expect(found.current).toMatchObject({
    rows: 0,
    duplicateRows: 0,
    missing: 0,
    missingShare: 0,
    emptyColumns: ['a', 't', 'l'],
  });
});

it('one row, one value, only nulls', async () => {
  expect((await only('SELECT 5 AS a'))?.current).toMatchObject({
    distinct: 1,
    constant: true,
    numbers: { mean: 5, std: null },
  });
  expect((await only('SELECT NULL::INTEGER AS a FROM range(10)'))?.current).toMatchObject({
    missing: 10,
    distinct: 0,
    constant: false,
  });
  expect((await report('SELECT 7 AS a FROM range(10)')).current).toMatchObject({
    constantColumns: ['a'],
    duplicateRows: 9,
  });
});

it('infinities, NaN and numbers at the end of their range', async () => {
  const found = await only(`SELECT unnest(['1', '2', 'NaN', 'inf', '-inf', NULL]::DOUBLE[]) AS a`);
  expect(found?.current).toMatchObject({
    missing: 2,
    distinct: 4,
    numbers: { mean: 1.5, min: 1, max: 2, infinite: 2 },
  });
  const huge = await only(`SELECT unnest([1e308, -1e308, 1e300, 5]::DOUBLE[]) AS a`);
  expect(huge?.current?.numbers).toMatchObject({ max: 1e308, std: null });
});

it('decimals, huge integers, nested values, blobs, times of every kind', async () => {
  const found =
    await report(`SELECT 1.25::DECIMAL(18,4) AS decimal, (170141183460469231731687303715884105727 - i)::HUGEINT AS huge, [i, 2] AS list,
    {'a': i} AS struct, MAP {'k': i} AS map, 'ab'::BLOB AS blob, TIMESTAMPTZ '2013-01-01 00:00:00+05' + INTERVAL (i) HOUR AS zoned,
    DATE '2013-01-01' + i::INT AS day, TIME '10:00' AS clock, TIMESTAMP_NS '2013-01-01 00:00:00.123456789' AS nano,
    'infinity'::TIMESTAMP AS never, uuid() AS id, i % 2 = 0 AS flag FROM range(20) r(i)`);
  const of = (name: string) => found.columns.find((column) => column.name === name);
  expect(of('decimal')?.current?.numbers?.mean).toBe(1.25);
  expect(of('struct')?.current).toMatchObject({ missing: 0, distinct: 20 });
  expect(of('zoned')?.current?.times?.first).toBe('2012-12-31T19:00:00.000Z');
  expect(of('never')?.current?.missing).toBe(20);
  expect(of('flag')?.distribution).toMatchObject({ by: 'value', current: [10, 10] });
});

it('hostile names and values', async () => {
  const names = hostile.map((name, i) => `i + ${i} AS "${(name || ' ').replaceAll('"', '""')}"`);
  const values = hostile.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ');
  const found = await report(
    `SELECT ${names.join(', ')}, [${values}][1 + i % ${hostile.length}] AS text, chr(0) || i % 3 AS nul FROM range(300) r(i)`,
    `SELECT ${names.join(', ')}, 'new' AS text, chr(0) || i % 5 AS nul FROM range(100) r(i)`,
  );
  expect(found.columns.map(({ name }) => name).slice(0, hostile.length)).toEqual(hostile.map((name) => name || ' '));
  expect(found.columns.find(({ name }) => name === 'text')?.current?.distinct).toBe(hostile.length);
});

it('texts of a megabyte', async () => {
  const found = await only(`SELECT repeat('<b>&', 262144) || (i % 3) AS a FROM range(12) r(i)`);
  expect(found?.current).toMatchObject({ distinct: 3, texts: { longest: 1_048_577 } });
  expect(found?.current?.mostCommon[0]).toMatchObject({ count: 4 });
  expect(found?.current?.mostCommon[0]?.value.length).toBeLessThanOrEqual(80);
});

it('a reference of other columns and types', async () => {
  const found = await report(
    `SELECT i AS same, i::VARCHAR AS typed, 1 AS new FROM range(50) r(i)`,
    `SELECT i AS same, i AS typed, 2 AS gone FROM range(40) r(i)`,
  );
  const of = (name: string) => found.columns.find((column) => column.name === name);
  expect([of('new')?.reference, of('gone')?.current]).toEqual([null, null]);
  expect(of('same')?.distribution?.current.reduce((sum, rows) => sum + rows, 0)).toBe(50);
  expect(of('typed')).toMatchObject({ kind: 'text' });
});

it('a thousand columns', async () => {
  const columns = Array.from({ length: 1_000 }, (_, i) => `${i} + r.i % ${2 + (i % 9)} AS "c${i}"`);
  const found = await report(`SELECT ${columns.join(', ')} FROM range(50) r(i)`);
  expect(found.columns).toHaveLength(1_000);
  expect(found.columns[999]?.current).toMatchObject({ missing: 0, distinct: 2 });
});

it('a clock with a hole and doubles', async () => {
  const found = await report(
    `SELECT TIMESTAMP '2013-01-01' + INTERVAL (i) HOUR AS t FROM range(500) r(i) WHERE i < 100 OR i > 300 UNION ALL SELECT TIMESTAMP '2013-01-01' FROM range(7)`,
  );
  expect(found.time?.current).toMatchObject({
    duplicates: 7,
    step: 3600,
    gapCount: 1,
    gaps: [{ seconds: 202 * 3600 }],
  });
});

it('a clock that is written as text', async () => {
  const path = join(folder, 'text.parquet');
  await run(
    `COPY (SELECT '2013-01-0' || (1 + i) || ' 10:00:00' AS t, 'x' AS no FROM range(5) r(i)) TO '${path}' (FORMAT parquet)`,
  );
  const asked = { current: { name: 'text', files: [path] }, reference: null, performance: null, conditions: [] };
  const { time } = await measureQuality({ ...asked, time: 't' }, tables);
  expect(time?.current).toMatchObject({ first: '2013-01-01T10:00:00.000Z', step: 86_400, gapCount: 0 });
  await expect(measureQuality({ ...asked, time: 'no' }, tables)).rejects.toThrow(
    '5 values of the time column no are no times, such as "x"',
  );
});

it('what is no Parquet, and columns that are not there', async () => {
  const path = join(folder, 'broken.parquet');
  writeFileSync(path, 'PAR1 and then nothing');
  const asked = { reference: null, performance: null, conditions: [] };
  await expect(
    measureQuality({ ...asked, current: { name: 'broken', files: [path] }, time: null }, tables),
  ).rejects.toThrow(/broken\.parquet/);
  const good = join(folder, 'current.parquet');
  await run(`COPY (SELECT 1 AS a) TO '${good}' (FORMAT parquet)`);
  await expect(
    measureQuality({ ...asked, current: { name: 'good', files: [good] }, time: 'when' }, tables),
  ).rejects.toThrow('there is no time column when; the columns of times are none');
  await expect(
    measureQuality(
      { ...asked, current: { name: 'good', files: [good] }, time: null, performance: { target: 'y', prediction: 'a' } },
      tables,
    ),
  ).rejects.toThrow('--target y is no column of the data; it has a');
});
