/** What a column of an odd type means in each verb: NaN is missing, digits are kept, what is not tested is named. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { DriftResult } from '#contracts/drift.ts';
import { Estimate } from '#contracts/estimate.ts';
import { QualityReport } from '#contracts/quality.ts';
import { runVerb } from '../fixtures/verbs.ts';

let folder: string;
let tables: ReturnType<typeof createTablesInProcess>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-meanings-'));
  tables = createTablesInProcess();
});
afterAll(async () => {
  await tables.close();
  await rm(folder, { recursive: true, force: true });
});

async function parquet(name: string, select: string): Promise<string> {
  const file = join(folder, `${name}.parquet`);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return file;
}

const odd = `SELECT 9007199254740993 + range * 2 AS big, (18446744073709551615 - range)::UBIGINT AS ubig,
  INTERVAL (range) DAY AS span, TIME '10:00:00' + INTERVAL (range) MINUTE AS clock, ('\\xAA' || range)::BLOB AS bytes,
  [range, 1] AS list, {'a': range} AS struct, MAP {'k': range} AS map, NULL::INT AS nothing, 'NaN'::DOUBLE AS nans,
  CASE WHEN range % 5 = 0 THEN 'NaN'::DOUBLE ELSE range % 3 END AS some, CASE WHEN range % 2 = 0 THEN '"x"' ELSE '7' END::JSON AS json
  FROM range(300)`;

describe('whole numbers beyond 2^53 keep every digit', () => {
  it('in the least and greatest of quality, as JSON and as a page', async () => {
    const file = await parquet('quality', odd);
    const page = join(folder, 'page.html');
    const report = QualityReport.parse(JSON.parse((await runVerb('quality', file, '--json', '--html', page)).stdout));
    const of = (name: string) => report.columns.find((column) => column.name === name)?.current;
    expect(of('big')?.numbers?.exact).toEqual({ min: '9007199254740993', max: '9007199254741591' });
    expect(of('ubig')?.numbers?.exact).toEqual({ min: '18446744073709551316', max: '18446744073709551615' });
    expect(of('some')?.numbers?.exact).toBeUndefined();
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(page, 'utf8')).toContain('18446744073709551316');
  });

  it('in a test of a set, where they are written as texts', async () => {
    const file = await parquet('set', 'SELECT 9007199254740992 + range AS id FROM range(2)');
    const test = { is: 'in', values: ['9007199254740993'], not: false } as const;
    const [answer] = await tables.measure({
      files: [file],
      measures: [{ of: 'test', columns: ['id'], test, ignore: 'any' }],
    });
    expect(answer).toMatchObject({ unexpected: 1, values: [['9007199254740992']] });
  });
});

it('NaN is missing in quality, drift, tests, and as a category', async () => {
  const file = await parquet('nan', odd);
  const report = QualityReport.parse(JSON.parse((await runVerb('quality', file, '--json')).stdout));
  const missing = report.columns.map(({ name, current }) => [name, current?.missing] as const);
  expect(Object.fromEntries(missing)).toMatchObject({ nans: 300, some: 60, nothing: 300, big: 0 });
  const read = await tables.columns(file, { some: 'text' });
  expect(read.columns.some.values).toEqual(['0.0', '1.0', '2.0']);
  const signal = new AbortController().signal;
  const scanned = await tables.scanning(
    [file],
    async (open) => {
      const scan = await open([file]);
      return { known: await scan.known(['some', 'nans']), texts: await scan.texts(['some'], 100) };
    },
    signal,
  );
  expect(scanned.known.map(({ values }) => values)).toEqual([240, 0]);
  expect([...(scanned.texts[0]?.values ?? [])].sort()).toEqual(['0.0', '1.0', '2.0']);
});

it('drift names what it does not test, JSON is the text that it means', async () => {
  const file = await parquet('drift', odd);
  const found = DriftResult.parse(
    JSON.parse((await runVerb('drift', '--reference', file, '--current', file, '--json')).stdout),
  );
  const untested = found.untested.map(({ column }) => column);
  for (const name of ['span', 'clock', 'bytes', 'list', 'struct', 'map', 'nothing', 'nans'])
    expect(untested).toContain(name);
  expect(found.columns.json).toMatchObject({ drifted: false });
  const [modes] = await tables.measure({ files: [file], measures: [{ of: 'modes', column: 'json' }] });
  expect(modes).toEqual({ list: ['7', 'x'] });
});

it('estimate --drift names a feature that has no value', async () => {
  const rows = (n: number) =>
    `SELECT range % 2 AS y, 0.1 + (range * 37 % 80) / 100 AS score, range * 7 % 100 AS x, NULL::INT AS nothing FROM range(${n})`;
  const [reference, analysis] = [await parquet('before', rows(2000)), await parquet('after', rows(1000))];
  const args = ['estimate', '--reference', reference, '--analysis', analysis, '--target', 'y', '--score', 'score'];
  const told = await runVerb(...args, '--metrics', 'roc_auc', '--drift', '--json');
  const { drift } = Estimate.parse(JSON.parse(told.stdout));
  expect(drift.data.why).toContain('not tested: nothing: the reference data have no value in it');
  expect((await runVerb(...args, '--metrics', 'roc_auc', '--drift')).stdout).toContain('not tested: nothing');
});

describe('keys of a view are equal when what they say is', () => {
  const columns = z.array(z.object({ name: z.string(), type: z.string() }));
  async function joined(data: string, view: string): Promise<unknown> {
    const [file, other] = [await parquet('data', data), await parquet('view', view)];
    const shape = await tables.inspect(file);
    const [train, holdout] = [join(folder, 'train.parquet'), join(folder, 'holdout.parquet')];
    const result = await tables.featurize({
      file,
      columns: columns.parse(shape.columns),
      time: null,
      views: [
        {
          name: 'v',
          file: other,
          time: null,
          created: null,
          on: [['k', 'k']],
          bring: [['found', 'found']],
          maxAge: null,
          availableAfter: 0,
        },
      ],
      derive: [],
      where: null,
      select: ['row', 'found'],
      split: { by: 'share', holdout: 0.5 },
      train,
      holdout,
    });
    expect(result.train.rows + result.holdout.rows).toBe(2);
    const read = async (part: string) => [...(await tables.columns(part, { found: 'number' })).columns.found];
    return [...(await read(train)), ...(await read(holdout))];
  }
  const rows = (first: string, second: string) => `SELECT ${first} AS k, 0 AS row UNION ALL SELECT ${second}, 1`;

  it.each([
    [
      'a whole number and the same as a fraction',
      rows('1', '2'),
      'SELECT 1.0::DOUBLE AS k, 7 AS found',
      [7, Number.NaN],
    ],
    [
      '2^53 + 1 and 2^53',
      rows('9007199254740993', '9007199254740992'),
      'SELECT 9007199254740992::DOUBLE AS k, 7 AS found',
      [Number.NaN, 7],
    ],
    ['a fraction and a whole number', rows('1.5::DOUBLE', '2'), 'SELECT 2 AS k, 7 AS found', [Number.NaN, 7]],
    [
      'NaN and NaN',
      rows("'NaN'::DOUBLE", '2'),
      "SELECT unnest(['NaN'::DOUBLE, 'NaN', 2]) AS k, 7 AS found",
      [Number.NaN, 7],
    ],
  ])('%s', async (_, data, view, found) => {
    expect(await joined(data, view)).toEqual(found);
  });

  it.each([
    [
      'text and a number',
      rows("'001'", "'1'"),
      'SELECT 1 AS k, 7 AS found',
      /k is VARCHAR and the view's k is INTEGER/,
    ],
    [
      'decimals that a float rounds',
      rows('1.5::DECIMAL(30,2)', '2'),
      'SELECT 1.5::DOUBLE AS k, 7 AS found',
      /DECIMAL\(30,2\) .* DOUBLE, which cannot be compared/,
    ],
  ])('%s are refused', async (_, data, view, message) => {
    await expect(joined(data, view)).rejects.toThrow(message);
  });
});
