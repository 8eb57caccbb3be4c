import { readFileSync } from 'node:fs';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { calibration, calibrationNoise } from '#measures/statistics/calibration.ts';
import { confusionMatrix } from '#measures/statistics/confusion-matrix.ts';
import { compute, type Metric, type Weights } from '#measures/statistics/metric.ts';
import { pairedBootstrap } from '#measures/statistics/paired-bootstrap.ts';
import { metrics } from '#measures/statistics/registry.ts';
import {
  type BinaryRows,
  type MulticlassRows,
  pick,
  type RegressionRows,
  type Rows,
} from '#measures/statistics/rows.ts';

type Expected = Record<string, number | null>;
interface Golden {
  binary: Record<
    'champion' | 'challenger',
    Record<'overall' | 'overall_threshold_03' | 'weighted', Expected & { confusion_tn_fp_fn_tp: number[] }>
  > & {
    challenger_with_nan: { nan_rows: number; rows_with_nan_dropped: Expected };
  };
  binary_slices: Record<string, Record<string, Record<string, Expected>>>;
  regression: Record<string, Record<'overall' | 'weighted', Expected>>;
  regression_slices: Record<string, Record<string, Expected>>;
  multiclass: Record<string, { overall: Expected & { confusion: number[][] }; slices: Record<string, Expected> }>;
  bootstrap: Record<string, { resamples: number; observed: number; se: number; percentile: [number, number] }>;
}

const folder = new URL('../golden/gate/', import.meta.url);
const golden: Golden = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'));
/** Made by make_ece.py: bins of equal counts, which the other libraries' figures above do not have. */
const equalCounts: Record<
  string,
  { overall: number; weighted: number; slices: Record<string, Record<string, number>> }
> = JSON.parse(readFileSync(new URL('ece.json', folder), 'utf8'));
const table = (name: string): Record<string, string>[] => {
  const [head, ...lines] = readFileSync(new URL(name, folder), 'utf8').trim().split('\n');
  const names = (head as string).split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
};
const numbers = (rows: Record<string, string>[], column: string) =>
  Float64Array.from(rows, (row) => (row[column] === '' ? Number.NaN : Number(row[column])));

/** Relative 1e-12; NaN where the reference has null. */
function agrees(actual: number, expected: number | null | undefined, name: string, tolerance = 1e-12) {
  if (expected === null) return expect(actual, name).toBeNaN();
  expect(expected, name).toBeTypeOf('number');
  const distance = Math.abs(actual - (expected as number)) / Math.max(1e-300, Math.abs(expected as number), 1e-3);
  expect(distance, `${name}: ${actual} against ${expected}`).toBeLessThanOrEqual(tolerance);
}
function all<R extends Rows>(
  list: readonly Metric<R>[],
  rows: R,
  names: Record<string, string>,
  expected: Expected,
  weights?: Weights,
) {
  for (const metric of list) {
    const name = names[metric.name] ?? metric.name;
    if (name in expected) agrees(compute(metric, rows, weights), expected[name], metric.name);
    else expect(weights, `${name} is not in the reference`).toBeDefined();
  }
}
const slicesOf = (rows: Record<string, string>[], column: string) => {
  const found = new Map<string, number[]>();
  rows.forEach((row, i) => {
    const value = row[column] as string;
    if (value !== '') found.set(value, [...(found.get(value) ?? []), i]);
  });
  return [...found].map(([value, index]) => ({ value, index: Int32Array.from(index) }));
};

describe('two classes', () => {
  const rows = table('binary.csv');
  const y = Uint8Array.from(rows, (row) => Number(row.y));
  const names = { precision: 'precision_binary', recall: 'recall_binary', f1: 'f1_binary', ece: 'ece_equal_counts' };
  const withEce = (expected: Expected, ece_equal_counts: number): Expected => ({ ...expected, ece_equal_counts });
  const of = (column: string, threshold = 0.5): BinaryRows => ({
    task: 'binary',
    y,
    score: numbers(rows, column),
    threshold,
  });

  for (const model of ['champion', 'challenger'] as const) {
    it(`agrees with the reference for the ${model}: thresholds, weights, slices`, () => {
      const figures = golden.binary[model];
      const eces = equalCounts[model] as (typeof equalCounts)[string];
      all(metrics.binary, of(model), names, withEce(figures.overall, eces.overall));
      all(metrics.binary, of(model, 0.3), names, withEce(figures.overall_threshold_03, eces.overall));
      all(metrics.binary, of(model), names, withEce(figures.weighted, eces.weighted), numbers(rows, 'weight'));
      expect(confusionMatrix(of(model)).flat()).toEqual(figures.overall.confusion_tn_fp_fn_tp);
      for (const column of ['region', 'sex', 'plan'])
        for (const { value, index } of slicesOf(rows, column))
          all(
            metrics.binary,
            pick(of(model), index),
            names,
            withEce(golden.binary_slices[model]?.[column]?.[value] as Expected, eces.slices[column]?.[value] as number),
          );
    });
  }

  it('agrees once rows without a score are dropped', () => {
    const with_nan = of('challenger_with_nan');
    const kept = Int32Array.from([...with_nan.score.keys()].filter((i) => !Number.isNaN(with_nan.score[i])));
    expect(rows.length - kept.length).toBe(golden.binary.challenger_with_nan.nan_rows);
    all(
      metrics.binary,
      pick(with_nan, kept),
      names,
      withEce(
        golden.binary.challenger_with_nan.rows_with_nan_dropped,
        equalCounts.challenger_with_nan?.overall as number,
      ),
    );
  });

  it('bins calibration as the expected calibration error does', () => {
    const bins = calibration(of('champion'));
    const ece = bins.reduce((sum, bin) => sum + (Math.abs(bin.predicted - bin.observed) * bin.rows) / y.length, 0);
    agrees(ece, equalCounts.champion?.overall, 'ece from bins', 1e-12);
    expect(bins.map((bin) => bin.rows).every((count) => count < y.length / 5)).toBe(true);
  });

  it('says what calibration error is chance: that of scores which are right', () => {
    const random = xoroshiro128plus(7);
    const uniform = () => (random.next() >>> 0) / 2 ** 32;
    const found = Array.from({ length: 200 }, () => {
      const score = Float64Array.from({ length: 500 }, uniform);
      const made: BinaryRows = {
        task: 'binary',
        y: Uint8Array.from(score, (p) => (uniform() < p ? 1 : 0)),
        score,
        threshold: 0.5,
      };
      const bins = calibration(made);
      const ece = bins.reduce((sum, bin) => sum + (Math.abs(bin.predicted - bin.observed) * bin.rows) / 500, 0);
      return { ece, noise: calibrationNoise(bins) };
    });
    const mean = (of: 'ece' | 'noise') => found.reduce((sum, each) => sum + each[of], 0) / found.length;
    expect(mean('noise') / mean('ece')).toBeGreaterThan(0.95);
    expect(mean('noise') / mean('ece')).toBeLessThan(1.05);
  });

  for (const [name, metric, sign] of [
    ['accuracy_difference', 'accuracy', 1],
    ['brier_difference', 'brier', -1],
    ['roc_auc_difference', 'roc_auc', 1],
  ] as const) {
    it(`bootstraps ${name} within a tenth of the interval's width`, () => {
      const reference = golden.bootstrap[name] as Golden['bootstrap'][string];
      const only = metrics.binary.filter((each) => each.name === metric);
      const options = { resamples: reference.resamples, confidence: 0.95, seed: 7 };
      const [interval] = pairedBootstrap(only, of('challenger'), of('champion'), options);
      const ends = [interval?.lower as number, interval?.upper as number].map((end) => end * sign);
      const [low, high] = sign === 1 ? ends : ends.reverse();
      const width = reference.percentile[1] - reference.percentile[0];
      agrees((interval?.difference as number) * sign, reference.observed, name);
      expect(Math.abs((low as number) - reference.percentile[0])).toBeLessThan(0.1 * width);
      expect(Math.abs((high as number) - reference.percentile[1])).toBeLessThan(0.1 * width);
    });
  }
});

describe('regression', () => {
  const rows = table('regression.csv');
  const names = { mape: 'mape_sklearn' };
  for (const model of ['champion', 'challenger']) {
    it(`agrees with the reference for the ${model}: weights, slices, a slice of one row`, () => {
      const of: RegressionRows = { task: 'regression', y: numbers(rows, 'y'), predicted: numbers(rows, model) };
      all(metrics.regression, of, names, golden.regression[model]?.overall as Expected);
      all(metrics.regression, of, names, golden.regression[model]?.weighted as Expected, numbers(rows, 'weight'));
      for (const { value, index } of slicesOf(rows, 'segment'))
        all(metrics.regression, pick(of, index), names, golden.regression_slices[model]?.[value] as Expected);
    });
  }
});

describe('several classes', () => {
  const rows = table('multiclass.csv');
  const labels = ['bird', 'cat', 'dog', 'fish'];
  const code = (column: string) => Int32Array.from(rows, (row) => labels.indexOf(row[column] as string));
  for (const model of ['champion', 'challenger']) {
    it(`agrees with the reference for the ${model}: slices with a class that is missing`, () => {
      const probabilities = Float64Array.from(
        rows.flatMap((row) => labels.map((label) => Number(row[`${model}_${label}`]))),
      );
      const of: MulticlassRows = {
        task: 'multiclass',
        classes: 4,
        y: code('y'),
        predicted: code(`${model}_pred`),
        probabilities,
      };
      const expected = golden.multiclass[model] as Golden['multiclass'][string];
      all(metrics.multiclass, of, {}, expected.overall);
      expect(confusionMatrix(of)).toEqual(expected.overall.confusion);
      for (const { value, index } of slicesOf(rows, 'slice'))
        all(metrics.multiclass, pick(of, index), {}, expected.slices[value] as Expected);
    });
  }
});
