/** How a figure of rows varies with the rows: each resample draws as many of them, with replacement. */

import { type Metric, ones, rowCount, type Weights } from './metric.ts';
import { normalQuantile } from './normal-quantile.ts';
import { quantile } from './quantile.ts';
import { createResampler, createUnitResampler, createWeightedResampler, sample } from './resampler.ts';
import { numbersAt, pick, type Rows } from './rows.ts';
import type { Units } from './units.ts';

/**
 * Most rows that are resampled. Beyond, a seeded sample of this size stands for all of them and its deviations are
 * scaled by √(sample / rows), the rate at which every metric here settles (Politis & Romano 1994).
 * @internal
 */
export const ROW_LIMIT = 100_000;
/** Most draws in all: many rows get fewer resamples (500 at the row limit), so that time stays bounded. @internal */
export const DRAW_LIMIT = 50_000_000;

/** @internal */
export const resamplesFor = (rows: number, asked: number): number =>
  Math.min(asked, Math.floor(DRAW_LIMIT / Math.max(1, Math.min(rows, ROW_LIMIT))));

/** Whole units: all rows are drawn from, so that many rows leave time for few resamples. */
export const unitResamples = (rows: number, asked: number): number =>
  Math.min(asked, Math.floor(DRAW_LIMIT / Math.max(1, rows)));

export interface BootstrapOptions {
  readonly resamples: number;
  /** 0.95 for a 95 % interval. */
  readonly confidence: number;
  readonly seed: number;
  /** Default {@link ROW_LIMIT}; for single rows only. */
  readonly rowLimit?: number;
  /** What is drawn with all its rows; absent: single rows. */
  readonly units?: Units | null;
  /** One a row; absent: all rows count the same. */
  readonly weights?: Float64Array | null;
}
type Figure = (weights: Weights) => number;

/** Values of a figure over the resamples. */
export interface Spread {
  /** Ascending, without those that are not defined. */
  readonly sorted: Float64Array;
  /** The figure of what was drawn from. */
  readonly centre: number;
  /** 1 when all rows were drawn from. */
  readonly scale: number;
  /** Those that are not defined among them. */
  readonly resamples: number;
}

/**
 * All figures see the same resamples.
 * @param prepare the figures, of all rows or of those given: the same number of them in either case
 */
export function spreadOf(
  rows: number,
  prepare: (kept: Int32Array | null) => readonly Figure[],
  options: BootstrapOptions,
): Spread[] {
  const { units = null, seed, rowLimit = ROW_LIMIT } = options;
  const kept = units === null && rows > rowLimit ? sample(rows, rowLimit, seed) : null;
  const figures = prepare(kept);
  const drawn = kept?.length ?? rows;
  const weights = options.weights && kept ? numbersAt(options.weights, kept) : (options.weights ?? null);
  const resamples =
    drawn === 0 ? 0 : units ? unitResamples(rows, options.resamples) : resamplesFor(rows, options.resamples);
  const values = figures.map(() => new Float64Array(resamples));
  const draw = units
    ? createUnitResampler(units, weights, seed)
    : weights
      ? createWeightedResampler(weights, seed)
      : createResampler(drawn, seed);
  for (let resample = 0; resample < resamples; resample++) {
    const counts = draw();
    for (const [f, figure] of figures.entries()) (values[f] as Float64Array)[resample] = figure(counts);
  }
  const every = weights ?? ones(drawn);
  return figures.map((figure, f) => ({
    sorted: (values[f] as Float64Array).filter((value) => !Number.isNaN(value)).sort(),
    centre: figure(every),
    scale: Math.sqrt(drawn / Math.max(1, rows)),
    resamples,
  }));
}

/** Resamples beyond a bound that a percentile interval rests on. */
const LEAST_IN_TAIL = 5;

/** Of the figure of all rows. NaN where it is not defined on more than half of the resamples. */
export const spreadError = ({ sorted, scale, resamples }: Spread): number =>
  sorted.length === 0 || sorted.length * 2 < resamples ? Number.NaN : scale * deviation(sorted);

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/**
 * Percentile interval (Efron & Tibshirani 1993, ch. 13); NaN where the figure is not defined on more than half of the resamples.
 * @param value the figure of all rows
 */
export function percentileInterval(
  { sorted, centre, scale, resamples }: Spread,
  value: number,
  confidence: number,
): { lower: number; upper: number } {
  if (sorted.length === 0 || sorted.length * 2 < resamples) return { lower: Number.NaN, upper: Number.NaN };
  const tail = (1 - confidence) / 2;
  // Resamples say nothing of a tail that none or few of them reach: there the normal law with their standard error does.
  if (tail * sorted.length < LEAST_IN_TAIL) {
    const half = normalQuantile(1 - tail) * scale * deviation(sorted);
    return { lower: value - half, upper: value + half };
  }
  // All rows resampled: the quantile itself. A sample of them: its deviation, around what all rows say.
  const at = (q: number) => (scale === 1 ? quantile(sorted, q) : value + scale * (quantile(sorted, q) - centre));
  return { lower: at(tail), upper: at(1 - tail) };
}

export interface MetricInterval {
  readonly metric: string;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * One model's metrics with their intervals; those that its output does not carry are left out.
 * @param confidences by metric, where it is another than that of all
 */
export function metricIntervals<R extends Rows>(
  metrics: readonly Metric<R>[],
  rows: R,
  options: BootstrapOptions,
  confidences: Readonly<Record<string, number>> = {},
): MetricInterval[] {
  const count = rowCount(rows);
  const carried = metrics.filter((metric) => metric.prepare(rows) !== null);
  const figures = (of: R) => carried.map((metric) => metric.prepare(of) ?? (() => Number.NaN));
  const values = figures(rows).map((figure) => figure(options.weights ?? ones(count)));
  const spread = spreadOf(count, (kept) => figures(kept ? pick(rows, kept) : rows), options);
  return carried.map(({ name }, m) => {
    const value = values[m] as number;
    return {
      metric: name,
      value,
      ...percentileInterval(spread[m] as Spread, value, confidences[name] ?? options.confidence),
    };
  });
}
