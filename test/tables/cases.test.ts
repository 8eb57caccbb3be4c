/** Small inputs on which reading went wrong once (test/golden/cases), each through the verb that somebody would ask. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DriftResult } from '#contracts/drift.ts';
import { Estimate } from '#contracts/estimate.ts';
import { type ColumnSummary, QualityReport } from '#contracts/quality.ts';
import { ValidationResult } from '#contracts/validation.ts';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';
import { runVerb, type Told } from '../fixtures/verbs.ts';

const golden = fileURLToPath(new URL('../golden/cases', import.meta.url));
const before = process.cwd();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-cases-'));
  cpSync(golden, folder, { recursive: true });
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((each) => each.endsWith('.gz')))
    writeFileSync(join(folder, name.slice(0, -3)), gunzipSync(readFileSync(join(folder, name))));
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

/** A verb in the case's folder. */
function ratchet(place: string, ...args: string[]): Promise<Told> {
  process.chdir(join(folder, place));
  return runVerb(...args, '--json');
}
function as<T>(schema: z.ZodType<T>, { code, stdout }: Told): T {
  if (code !== 0 && code !== 3) throw new Error(`the verb was refused: ${stdout}`);
  return schema.parse(JSON.parse(stdout));
}

async function quality(place: string, data: string) {
  const report = as(QualityReport, await ratchet(place, 'quality', data));
  const columns = new Map(report.columns.map((column) => [column.name, column]));
  const of = (name: string): ColumnSummary & { kind: string } => {
    const column = columns.get(name);
    if (!column?.current) throw new Error(`no column ${name} among ${[...columns.keys()].join(', ')}`);
    return { ...column.current, kind: column.kind };
  };
  return { report, of };
}
async function validated(place: string, data: string, suite = 'suite.json') {
  const told = await ratchet(place, 'validate', data, '--suite', suite);
  const result = as(ValidationResult, told);
  const unmet = result.results.filter(({ success }) => !success).map(({ ratchet: { message } }) => message);
  return { code: told.code, unmet, rows: result.ratchet.rows };
}
const met = (rows: number) => ({ code: 0, unmet: [], rows });
const drifted = async (place: string, reference: string, current: string) =>
  as(DriftResult, await ratchet(place, 'drift', '--reference', reference, '--current', current));
const counts = ({ mostCommon }: ColumnSummary) =>
  Object.fromEntries(mostCommon.map(({ value, count }) => [value, count]));

describe('late values of CSV', () => {
  it('widen the type of their column: fractions, times of day, leading zeros', async () => {
    const { of } = await quality('late-values-csv', 'amount.csv');
    expect(of('amount').numbers?.mean).toBeCloseTo(44.5533, 4);
    expect(of('amount').distinct).toBe(180);
    expect([of('code').kind, of('code').distinct]).toEqual(['text', 1800]);
    expect(of('day').distinct).toBe(56);
    expect(await validated('late-values-csv', 'amount.csv')).toEqual(met(30_000));
  });

  it('keep what no wider type holds as it is written', async () => {
    const { of } = await quality('late-values-csv', 'kinds.csv');
    expect([of('n').distinct, of('n').kind]).toEqual([51, 'text']);
    expect(of('n').mostCommon[0]?.value).toBe('1_000');
    expect(counts(of('code'))).toEqual({ '7': 25_000, '007': 5_000 });
    expect(counts(of('big'))).toEqual({ '98765432109876543': 25_000, '98765432109876543210': 5_000 });
    expect(of('when').distinct).toBe(2);
    expect(of('when').times?.last ?? of('when').mostCommon[1]?.value).toMatch(/10:00:00\.75/);
  });

  describe('in a pipeline', () => {
    let place: DataWorkplace;
    beforeAll(async () => {
      place = await createDataWorkplace();
    });
    afterAll(() => place.close());
    const amounts = () => gunzipSync(readFileSync(join(golden, 'late-values-csv', 'amount.csv.gz')));

    it('are in the snapshot that the model is trained on', async () => {
      await place.file('amount.csv', amounts());
      const { snapshot } = await place.validate({ source: 'amount.csv' });
      const { amount = [], code = [] } = await place.rows(snapshot, { amount: 'number', code: 'text' });
      expect(amount.reduce((sum: number, value) => sum + Number(value), 0) / amount.length).toBeCloseTo(44.5533, 4);
      expect([new Set(code).size, code.at(-1)]).toEqual([1800, '00299']);
    });

    it('that break a declared type are refused by file, column, row and value', async () => {
      await place.file('amount.csv', amounts());
      const refused = place.validate({ source: 'amount.csv', types: { amount: 'BIGINT' } });
      await expect(refused).rejects.toThrow(
        /^amount\.csv line 25002 \(row 25001\): column amount holds "70\.5", which is not BIGINT/,
      );
    });
  });
});

it('late values of JSON lines: 3.6 stays 3.6, and 7 beside true stays 7', async () => {
  const { of } = await quality('late-values-jsonl', 'readings.jsonl');
  expect(of('level').numbers?.mean).toBeCloseTo((3 * 25_000 + 3.6 * 15_000) / 40_000, 10);
  expect(counts(of('level'))).toEqual({ '3': 25_000, '3.6': 15_000 });
  expect(counts(of('ok'))).toEqual({ true: 25_000, '7': 15_000 });
});

it('yes and no, t and f, F: a suite, a drift test and an estimate see the written text', async () => {
  expect(await validated('yes-no', 'bank.csv')).toEqual(met(1000));
  const { columns } = await drifted('yes-no', 'ref2.csv', 'cur2.csv');
  expect(columns.loan).toMatchObject({ kind: 'categorical', drifted: false });
  expect(columns.loan?.value).toBeCloseTo(0.61, 2);
  const { of } = await quality('yes-no', 'ref.csv');
  expect(counts(of('loan'))).toEqual({ yes: 499, no: 492, unknown: 9 });
  expect(counts(of('tf'))).toEqual({ t: 524, f: 476 });
});

it('key=value in a path neither adds a column nor overwrites one', async () => {
  for (const kind of ['csv', 'parquet']) {
    const { report, of } = await quality('key-value-folder', `a=9/own.${kind}`);
    expect(report.columns.map(({ name }) => name)).toEqual(['a', 'b']);
    expect([of('a').distinct, of('a').numbers?.max]).toEqual([500, 49.9]);
    expect(await validated('key-value-folder', `a=9/own.${kind}`, 's2.json')).toEqual(met(500));
    expect(await validated('key-value-folder', `month=*/part-0.${kind}`)).toEqual(met(1000));
    expect(await validated('key-value-folder', `month=05/part-0.${kind}`)).toEqual(met(500));
  }
});

describe('parts of one table in Parquet', () => {
  it('have the type of their union, and NaN is missing', async () => {
    const { code, unmet } = await validated('parquet-parts', 'two-*.parquet');
    expect([code, unmet]).toEqual([3, [expect.stringMatching(/25 .*200|12\.5/)]]);
    const { of } = await quality('parquet-parts', 'two-*.parquet');
    expect(of('x').missing).toBe(25);
    expect(of('x').numbers?.mean).toBeCloseTo(49.71, 2);
    expect((await quality('parquet-parts', 'one.parquet')).of('x').missing).toBe(25);
  });

  it('may be all null: the other parts say what the column is', async () => {
    // Red and blue are equally frequent, which that expectation does not take unless it is told to.
    const { unmet } = await validated('parquet-parts-null', 'a-*.parquet');
    expect(unmet).toEqual([expect.stringMatching(/^c: wanted the most common value.* it is "blue", "red"/)]);
    const { of } = await quality('parquet-parts-null', 'a-*.parquet');
    expect([of('c').kind, of('c').missing, of('t').kind, of('t').missing]).toEqual(['text', 50, 'time', 50]);
  });
});

it('JSON lines are a table whatever their width and sparsity', async () => {
  expect((await quality('wide-jsonl', 'wide.jsonl')).report.columns).toHaveLength(250);
  const { report, of } = await quality('wide-jsonl', 'sparse.jsonl');
  expect(report.columns).toHaveLength(41);
  expect([of('s0').missing, of('s0').numbers?.min]).toEqual([390, 0]);
  expect((await quality('wide-jsonl', 'sparse2.jsonl')).report.columns).toHaveLength(40);
});

describe('identifiers of 20 digits', () => {
  it('stay a thousand different ones', async () => {
    expect(await validated('long-ids', 'orders.csv')).toEqual(met(1000));
    const { of } = await quality('long-ids', 'orders.csv');
    expect(of('order_id').distinct).toBe(1000);
    expect(of('order_id').mostCommon.every(({ value }) => /^98765432109876543\d{3}$/.test(value))).toBe(true);
  });

  it('join labels to their own rows', async () => {
    const told = await ratchet(
      'long-ids',
      ...['estimate', '--reference', 'ref.csv', '--analysis', 'ana.csv', '--targets', 'labels.csv'],
      ...['--id', 'id', '--target', 'label', '--score', 'score', '--metrics', 'roc_auc', '--features', 'none'],
    );
    expect([told.code, told.stderr]).toEqual([expect.toBeOneOf([0, 3]), '']);
    expect(as(z.looseObject({ rows: z.looseObject({ analysis: z.number() }) }), told).rows.analysis).toBe(3000);
  });
});

describe('American dates', () => {
  /** One reading for all, or a message that says how to name the format. */
  const ways = /format|%m\/%d/i;
  /** First and last day; where no day is above 12 either reading is one for the whole table. */
  const ranges: Record<string, readonly (readonly string[])[]> = {
    'parts/us-*.csv': [['2025-01-20', '2025-02-11']],
    'half-*.csv': [['2024-01-01', '2024-07-18']],
    'feb-*.csv': [
      ['2024-02-01', '2024-02-11'],
      ['2024-01-02', '2024-11-02'],
    ],
  };

  it('are months first on both sides of a comparison, or refused with what to write', async () => {
    const told = await ratchet(
      'american-dates',
      ...['estimate', '--reference', 'us-year.csv', '--analysis', 'us-feb-1-11.csv', '--time', 'day'],
      ...['--chunk-period', 'M', '--target', 'label', '--score', 'score', '--metrics', 'roc_auc', '--features', 'none'],
    );
    if (told.code === 2) expect(told.stdout).toMatch(ways);
    else
      expect(
        as(z.looseObject({ chunks: z.looseObject({ analysis: z.array(z.unknown()) }) }), told).chunks.analysis,
      ).toHaveLength(1);
  });

  it.each(['parts/us-*.csv', 'half-*.csv', 'feb-*.csv'])('have one order in all files of a table: %s', async (data) => {
    const told = await ratchet('american-dates', 'quality', data);
    if (told.code === 2) return expect(told.stdout).toMatch(ways);
    const { columns } = as(QualityReport, told);
    const day = columns.find(({ name }) => name === 'day');
    if (day?.kind === 'text') return;
    const found = [day?.current?.times?.first?.slice(0, 10), day?.current?.times?.last?.slice(0, 10)];
    expect(ranges[data]).toContainEqual(found);
  });
});

describe('columns of mixed scalars in JSON lines', () => {
  it('are categories without quotes, and one 7 is no drift', async () => {
    const { columns, untested } = await drifted('mixed-json', 'ref2.jsonl', 'cur2.jsonl');
    expect(untested).toEqual([]);
    expect(columns.cat).toMatchObject({ kind: 'categorical', drifted: false, reference: { distinct: 5 } });
    expect(columns.cat?.value).toBeGreaterThan(0.3);
  });

  it('are validated as what they are', async () => {
    const { code, unmet } = await validated('mixed-json', 'ref2.jsonl');
    expect([code, unmet]).toEqual([0, []]);
  });
});

it("pandas' index is no feature", async () => {
  expect(await drifted('pandas-index', 'one-train.parquet', 'one-test.parquet')).toMatchObject({
    tested: 1,
    drifted: 0,
    columns: { a: { drifted: false } },
  });
  const { columns } = await drifted('pandas-index', 'train.parquet', 'test.parquet');
  expect(Object.keys(columns).sort()).toEqual(['a', 'b']);
});

it('a quoted name may hold a line feed in a file of CRLF', async () => {
  const { report } = await quality('quoted-name', 'crlf.csv');
  expect([report.current.rows, report.columns.map(({ name }) => name)]).toEqual([2, ['a', 'x\ny', 'c']]);
});

it('an effect that is reversed is another concept, though the mean of labels stays where it was', async () => {
  const roles = ['--target', 'late', '--score', 'score', '--metrics', 'roc_auc', '--drift'];
  const told = await ratchet('concept-drift', 'estimate', '--reference', 'ref.csv', '--analysis', 'new.csv', ...roles);
  const { drift } = as(Estimate, told);
  expect([told.code, drift.kind]).toEqual([3, 'concept']);
  expect(drift.concept.why[0]).toMatch(
    /^rows that look alike turn out otherwise, in 4 of 4 columns over 5000 labelled/,
  );
  expect(drift.concept.why[1]).toMatch(/^x2 /);
});

describe('one odd mark in a column of numbers', () => {
  it('is named with what to write', async () => {
    const told = await ratchet('missing-marks', 'quality', 'power.csv');
    const report = as(QualityReport, told);
    const power = report.columns.find(({ name }) => name === 'power');
    // As long as nobody said that it is a mark, the texts stand.
    expect([power?.kind, power?.current?.missing]).toEqual(['text', 0]);
    expect([...report.notes, told.stderr].join('\n')).toMatch(/power.*"?\?"?.*(missing|nullStrings)/s);
    process.chdir(join(folder, 'missing-marks'));
    expect((await runVerb('quality', 'power.csv')).stdout).toMatch(/power.*\?.*missing/s);
  });

  it('is missing once it is named', async () => {
    const report = as(QualityReport, await ratchet('missing-marks', 'quality', 'power.csv', '--missing', '?'));
    const power = report.columns.find(({ name }) => name === 'power');
    expect([power?.kind, power?.current?.missing, power?.current?.missingShare]).toEqual(['number', 20, 0.05]);
  });
});
