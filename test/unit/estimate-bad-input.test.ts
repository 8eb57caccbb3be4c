/** What `ratchet estimate` does with tables that are not as they should be. Real files, read by DuckDB in this process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { type Estimate, EstimateOptions } from '#contracts/estimate.ts';
import { measurePerformance } from '#measures/performance/measure-performance.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-estimate-'));
const tables = createTablesInProcess();
afterAll(async () => {
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Row {
  id: number | string;
  score: number | string;
  y_pred: number | string;
  y: number | string;
  at: string;
}
/** A model that is right four times in five; scores say so. */
const rows = (count: number, from = 0): Row[] =>
  Array.from({ length: count }, (_, index) => {
    const row = from + index;
    const says = row % 2;
    return {
      id: row,
      score: says === 1 ? 0.8 : 0.2,
      y_pred: says,
      y: row % 5 === 0 ? 1 - says : says,
      at: new Date(Date.UTC(2020, 0, 1, row)).toISOString(),
    };
  });

const written = new Map<string, Promise<string>>();
async function file(name: string, all: readonly object[]): Promise<{ name: string; file: string }> {
  const key = JSON.stringify(all);
  const known = written.get(key) ?? write(all, written.size);
  written.set(key, known);
  return { name, file: await known };
}

async function write(all: readonly object[], number: number): Promise<string> {
  const columns = Object.keys(all[0] ?? {});
  const csv = join(folder, `${number}.csv`);
  writeFileSync(csv, [columns, ...all.map((row) => Object.values(row))].map((line) => line.join(',')).join('\n'));
  await tables.snapshot({ files: [csv], format: 'csv', to: `${csv}.parquet` });
  return `${csv}.parquet`;
}

async function estimate(
  reference: readonly object[],
  analysis: readonly object[],
  options: object = {},
  targets: readonly object[] | null = null,
): Promise<Estimate> {
  return measurePerformance(
    {
      tables: {
        reference: await file('the reference', reference),
        analysis: await file('the analysis', analysis),
        targets: targets && (await file('the targets', targets)),
      },
      options: EstimateOptions.parse({
        ...{ problem: 'binary', target: 'y', prediction: 'y_pred', score: 'score', metrics: ['roc_auc', 'f1'] },
        ...{ chunk: { by: 'size', value: 400 }, ...options },
      }),
      expectedLosses: null,
    },
    (path, columns) => tables.columns(path, columns),
  );
}
const without = (all: readonly Row[], ...names: (keyof Row)[]) =>
  all.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name as keyof Row))));
const changed = (all: readonly Row[], at: number, change: Partial<Row>) =>
  all.map((row, index) => (index === at ? { ...row, ...change } : row));

describe('columns', () => {
  it('that are missing are named, with those that are there', async () => {
    await expect(estimate(rows(900), without(rows(900), 'score'))).rejects.toThrow(
      'the analysis: there is no column score; the table has id, y_pred, y, at',
    );
    await expect(estimate(without(rows(900), 'y'), rows(900))).rejects.toThrow('the reference: there is no column y;');
  });

  it('of texts are no scores', async () => {
    await expect(estimate(changed(rows(900), 3, { score: 'high' }), rows(900))).rejects.toThrow(/score is VARCHAR/);
  });

  it('with quotes, semicolons and markup in their names work', async () => {
    const odd = rows(900).map(({ score, ...row }) => ({ ...row, '"<b>;drop":': score }));
    const name = '<b>;drop:';
    const clean = odd.map((row) =>
      Object.fromEntries(Object.entries(row).map(([key, value]) => [key.replaceAll('"', ''), value])),
    );
    expect((await estimate(clean, clean, { score: name })).chunks).toHaveLength(3);
  });
});

describe('scores', () => {
  it('outside of 0 to 1 are an error that names the row', async () => {
    await expect(estimate(rows(900), changed(rows(900), 7, { score: 1.7 }))).rejects.toThrow(
      'column score of the analysis holds 1.7 in row 7, but a score is a probability',
    );
    await expect(estimate(changed(rows(900), 7, { score: -0.1 }), rows(900))).rejects.toThrow('holds -0.1 in row 7');
  });

  it('that are infinite are an error', async () => {
    await expect(estimate(rows(900), changed(rows(900), 2, { score: 'inf' }))).rejects.toThrow(
      'holds Infinity in row 2',
    );
  });

  it('that are null or NaN are left out, and it is said', async () => {
    const made = await estimate(rows(900), changed(changed(rows(900), 2, { score: '' }), 3, { score: 'nan' }));
    expect(made.notes).toContain('2 rows of the analysis have no score: they are in no estimate.');
    expect(made.chunks[0]?.metrics.roc_auc?.estimated).toBeCloseTo(0.8, 2);
  });

  it('that are all null give no estimate and no alert', async () => {
    const made = await estimate(
      rows(900),
      rows(900).map((row) => ({ ...row, score: '' })),
      { prediction: undefined },
    );
    expect(made.chunks[0]?.metrics.roc_auc).toMatchObject({ estimated: null, alert: false });
  });
});

describe('labels', () => {
  it('of one class only are an error in the reference, no value in the analysis', async () => {
    const ones = rows(900).map((row) => ({ ...row, y: 1 }));
    await expect(estimate(ones, rows(900))).rejects.toThrow('of one class');
    const made = await estimate(rows(900), ones);
    expect(made.chunks[0]?.metrics.roc_auc).toMatchObject({ realized: null, realizedAlert: false });
  });

  it('that are missing in the reference are left out; all of them, an error', async () => {
    const made = await estimate(changed(rows(900), 1, { y: '' }), rows(900));
    expect(made.notes.join()).toContain('1 row of the reference have no label');
    await expect(
      estimate(
        rows(900).map((row) => ({ ...row, y: '' })),
        rows(900),
      ),
    ).rejects.toThrow('holds no label');
  });

  it('that are neither 0 nor 1 need to be told which is positive', async () => {
    const words = (all: Row[]) => all.map((row) => ({ ...row, y: row.y === 1 ? 'good' : 'bad' }));
    await expect(estimate(words(rows(900)), rows(900))).rejects.toThrow('name the positive value (--positive VALUE)');
    const spoken = rows(900).map((row) => ({
      ...row,
      ...{ y: row.y === 1 ? 'good' : 'bad', y_pred: row.y_pred === 1 ? 'good' : 'bad' },
    }));
    for (const [told, positive] of [
      [spoken, 'good'],
      [JSON.parse(JSON.stringify(spoken).replaceAll('good', 'yes').replaceAll('bad', 'no')), 'yes'],
    ] as const)
      expect((await estimate(told, told, { positive })).chunks[0]?.metrics.f1?.realized).toBeCloseTo(0.8, 1);
  });

  it('that come later are joined by id, and half of a chunk is said to be half', async () => {
    const later = rows(900, 900);
    const targets = later.slice(0, 600).map(({ id, y }) => ({ id, y }));
    const made = await estimate(rows(900), without(later, 'y'), { id: 'id' }, targets);
    expect(made.chunks.map(({ labelled }) => labelled)).toEqual([400, 200, 0]);
    expect(made.chunks.map(({ metrics }) => metrics.f1?.realized != null)).toEqual([true, true, false]);
    expect(made.notes.join()).toContain('Labels have come for 600 of 900 rows of the analysis');
    await expect(estimate(rows(900), without(later, 'y'), {}, targets)).rejects.toThrow('--id COLUMN');
  });

  it('that come twice for one id, or for nobody, are an error', async () => {
    const later = without(rows(900, 900), 'y');
    const twice = [
      { id: 900, y: 1 },
      { id: 900, y: 0 },
    ];
    await expect(estimate(rows(900), later, { id: 'id' }, twice)).rejects.toThrow('has two labels for id 900');
    await expect(estimate(rows(900), later, { id: 'id' }, [{ id: 5, y: 1 }])).rejects.toThrow('no id of the targets');
  });

  it('join by texts, also where one table holds numbers', async () => {
    const later = rows(900, 900).map((row) => ({ ...row, id: `row-${row.id}` }));
    const targets = later.map(({ id, y }) => ({ id, y }));
    expect((await estimate(rows(900), without(later, 'y'), { id: 'id' }, targets)).chunks[2]?.labelled).toBe(100);
  });
});

describe('chunks', () => {
  it('that are small or few are noted', async () => {
    const made = await estimate(rows(900), rows(900), { chunk: { by: 'size', value: 250 } });
    expect(made.notes.join()).toContain('fewer than 300 rows');
    expect(made.notes.join()).toContain('limits from fewer than 6 are rough');
  });

  it('of one row or one class have no value where there is none, and the whole goes on', async () => {
    const made = await estimate(rows(900), rows(1), { chunk: { by: 'size', value: 1 } });
    expect(made.chunks[0]?.metrics.roc_auc?.realized).toBeNull();
  });

  it('more than there are rows, or of a period without a time, are an error', async () => {
    await expect(estimate(rows(900), rows(5), { chunk: { by: 'number', value: 10 } })).rejects.toThrow('5 rows cannot');
    await expect(estimate(rows(900), rows(900), { chunk: { by: 'period', value: 'M' } })).rejects.toThrow(
      '--time COLUMN',
    );
    await expect(
      estimate(rows(900), rows(900), { time: 'at', chunk: { by: 'period', value: 'fortnight' } }),
    ).rejects.toThrow('"fortnight" is not a period');
  });

  it('by day are cut in UTC, and what is no time is refused', async () => {
    const made = await estimate(rows(900), [...rows(900)].reverse(), {
      time: 'at',
      chunk: { by: 'period', value: 'D' },
    });
    expect(made.chunks[0]).toMatchObject({ key: '2020-01-01', start: 0, end: 23, from: '2020-01-01T00:00:00.000Z' });
    await expect(estimate(rows(900), rows(900), { time: 'id' })).rejects.toThrow('which is no date or time');
  });
});

describe('metrics and limits', () => {
  it('that are unknown or lack what they need are an error', async () => {
    await expect(estimate(rows(900), rows(900), { metrics: ['auc'] })).rejects.toThrow('there are roc_auc, average');
    await expect(estimate(rows(900), rows(900), { metrics: ['business_value'] })).rejects.toThrow('--worth');
    await expect(estimate(rows(900), rows(900), { limits: { roc_auc: { lower: 0.9, upper: 0.1 } } })).rejects.toThrow(
      'not below',
    );
  });

  it('that are fixed decide alone', async () => {
    const made = await estimate(rows(900), rows(900), { limits: { f1: { lower: 0.99, upper: null } } });
    expect(made.chunks[0]?.metrics.f1).toMatchObject({ lower: 0.99, upper: null, alert: true });
    expect(made.alert).toBe(true);
  });
});

describe('regression', () => {
  const sold = (count: number) =>
    Array.from({ length: count }, (_, row) => ({ y: (row % 7) - 1, y_pred: row % 7, size: row }));
  const options = { problem: 'regression', score: undefined, metrics: ['mae', 'rmse'] };

  it('without features is realized only', async () => {
    const made = await estimate(sold(900), sold(900), options);
    expect(made.estimator.name).toBe('realized');
    expect(made.chunks[0]?.metrics.mae).toMatchObject({ estimated: null, realized: 1, alert: false });
  });

  it('refuses logarithms of negative values, and alerts on what changed', async () => {
    await expect(estimate(sold(900), sold(900), { ...options, metrics: ['rmsle'] })).rejects.toThrow(
      'takes logarithms',
    );
    const worse = sold(900).map((row) => ({ ...row, y_pred: row.y_pred + 3 }));
    expect((await estimate(sold(900), worse, options)).chunks[0]?.metrics.mae).toMatchObject({
      realized: 4,
      alert: true,
    });
  });
});
