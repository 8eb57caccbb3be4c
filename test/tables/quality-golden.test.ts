/** The quality report beside Evidently's figures for the same tables: test/golden/quality/make.py. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { QualityReport } from '#contracts/quality.ts';
import { measureQuality } from '#measures/quality/measure-quality.ts';

type Figures = Record<
  string,
  number | { count?: number; share?: number; counts?: Record<string, number>; mean?: number }
>;
interface Golden {
  dataset: Figures;
  summary: Record<string, number>;
  columns: Record<string, Figures>;
  pearson: Record<string, Record<string, number>>;
  spearman: Record<string, Record<string, number>>;
  cramer_v: number;
  classification: Figures;
  regression: Figures;
}
const path = (name: string) => fileURLToPath(new URL(`../golden/quality/${name}`, import.meta.url));
const golden: Record<'current' | 'reference', Golden> = JSON.parse(readFileSync(path('golden.json'), 'utf8'));
const tables = createTablesInProcess();
const both = {
  current: { name: 'current', files: [path('current.parquet')] },
  reference: { name: 'reference', files: [path('reference.parquet')] },
};
const asked = { time: null, conditions: [] };
let report: QualityReport;
let regression: QualityReport;

beforeAll(async () => {
  const classes = { target: 'late', prediction: 'score' };
  report = QualityReport.parse(await measureQuality({ ...both, ...asked, performance: classes }, tables));
  const amounts = { target: 'doubled', prediction: 'predicted' };
  regression = await measureQuality({ ...both, ...asked, performance: amounts }, tables);
});
afterAll(() => tables.close());

const figure = (figures: Figures, name: string): number => {
  const found = Object.entries(figures).find(([key]) => key.startsWith(name))?.[1];
  return typeof found === 'object' ? (found.count ?? found.mean ?? Number.NaN) : Number(found);
};
const near = (value: unknown, wanted: number, what: string) =>
  expect(Math.abs(Number(value) - wanted), what).toBeLessThanOrEqual(1e-9 * Math.max(1e-3, Math.abs(wanted)));

describe.each(['current', 'reference'] as const)('the %s side has Evidently’s', (side) => {
  const wanted = golden[side];
  it('figures of the dataset', () => {
    const found = report[side];
    expect({
      rows: found?.rows,
      columns: found?.columns,
      duplicates: found?.duplicateRows,
      empty: found?.emptyRows,
      emptyColumns: found?.emptyColumns.length,
      constant: found?.constantColumns.length,
      almost: found?.almostConstantColumns.length,
      pairs: found?.duplicateColumns.reduce((sum, { length }) => sum + (length * (length - 1)) / 2, 0),
      missing: found?.missing,
    }).toEqual({
      rows: figure(wanted.dataset, 'RowCount'),
      columns: figure(wanted.dataset, 'ColumnCount()'),
      duplicates: figure(wanted.dataset, 'DuplicatedRowCount'),
      empty: figure(wanted.dataset, 'EmptyRowsCount'),
      emptyColumns: figure(wanted.dataset, 'EmptyColumnsCount'),
      constant: figure(wanted.dataset, 'ConstantColumnsCount'),
      almost: figure(wanted.dataset, 'AlmostConstantColumnsCount'),
      pairs: figure(wanted.dataset, 'DuplicatedColumnsCount'),
      missing: figure(wanted.dataset, 'DatasetMissingValueCount'),
    });
  });

  it('figures of every column', () => {
    for (const [name, figures] of Object.entries(wanted.columns)) {
      const found = report.columns.find((column) => column.name === name)?.[side];
      expect(found?.missing, name).toBe(figure(figures, 'MissingValueCount'));
      if ('UniqueValueCount' in figures || Object.keys(figures).some((key) => key.startsWith('Unique'))) {
        const unique = Object.entries(figures).find(([key]) => key.startsWith('Unique'))?.[1];
        const counts = (unique as { counts: Record<string, number> }).counts;
        for (const { value, count } of found?.mostCommon ?? []) expect(count, `${name} ${value}`).toBe(counts[value]);
        continue;
      }
      for (const [key, wantedName] of [
        ['min', 'MinValue'],
        ['max', 'MaxValue'],
        ['mean', 'MeanValue'],
        ['std', 'StdValue'],
        ['q25', `QuantileValue(column=${name},quantile=0.25`],
        ['q50', `QuantileValue(column=${name},quantile=0.5`],
        ['q75', `QuantileValue(column=${name},quantile=0.75`],
      ] as const)
        if (Number.isFinite(figure(figures, wantedName)))
          near(found?.numbers?.[key], figure(figures, wantedName), `${name} ${key}`);
    }
  });

  it('correlations', () => {
    for (const method of ['pearson', 'spearman'] as const) {
      const found = report.correlations.find((each) => each.method === method);
      const matrix = found?.[side];
      const names = found?.columns ?? [];
      expect(new Set(names)).toEqual(new Set(Object.keys(wanted[method])));
      for (const [i, a] of names.entries())
        for (const [j, b] of names.entries()) near(matrix?.[i]?.[j], wanted[method][a]?.[b] as number, `${a} ${b}`);
    }
    const cramer = report.correlations.find((each) => each.method === 'cramer_v');
    near(cramer?.[side]?.[0]?.[1], wanted.cramer_v, 'Cramér’s V');
  });

  it('quality of predictions', () => {
    const of = (kind: QualityReport) => kind.performance?.[side]?.metrics ?? {};
    for (const [ours, theirs] of [
      ['accuracy', 'Accuracy'],
      ['precision', 'Precision'],
      ['recall', 'Recall'],
      ['f1', 'F1Score'],
      ['roc_auc', 'RocAuc'],
      ['log_loss', 'LogLoss'],
    ] as const)
      near(of(report)[ours], figure(wanted.classification, theirs), ours);
    for (const [ours, theirs] of [
      ['rmse', 'RMSE'],
      ['mae', 'MAE'],
      ['r2', 'R2Score'],
    ] as const)
      near(of(regression)[ours], figure(wanted.regression, theirs), ours);
    const error = Object.entries(wanted.regression).find(([key]) => key.startsWith('MeanError'))?.[1] as Record<
      string,
      number
    >;
    near(regression.performance?.[side]?.residuals?.mean, error.mean as number, 'mean error');
    near(regression.performance?.[side]?.residuals?.std, error.std as number, 'deviation of the error');
  });
});

it('counts the same rows in every bin and value as in the column', () => {
  for (const { name, distribution, current, reference } of report.columns)
    for (const [side, rows, summary] of [
      ['current', 1500, current],
      ['reference', 2000, reference],
    ] as const) {
      const counts = distribution?.[side] ?? [];
      const other = distribution?.by === 'value' ? (distribution.other[side] ?? 0) : 0;
      if (distribution)
        expect(counts.reduce((sum, n) => sum + n, 0) + other, name).toBe(rows - (summary?.missing ?? 0));
    }
});
