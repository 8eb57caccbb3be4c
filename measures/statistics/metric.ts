/** What a metric is. One file holds one metric; `registry.ts` lists them. */
import type { Rows } from './rows.ts';

/**
 * One weight a row, not negative. A bootstrap resample is a weight too: how often each row was drawn. So a metric
 * is written once, weighted, and a resample costs one pass without copying or sorting rows. Weights are never changed
 * once a metric has seen them: metrics that share a pass remember it by the array.
 */
export type Weights = Uint16Array | Float64Array;

export interface Metric<R extends Rows = Rows> {
  readonly name: string;
  readonly task: R['task'];
  readonly higherIsBetter: boolean;
  /** For people: what the figure says, in one line. */
  readonly says: string;
  /**
   * Does what does not depend on the weights (sorting, logarithms) once and returns the figure as a function of them.
   * NaN where the metric is not defined on these rows; null when the model's output does not carry it at all
   * (a log loss without probabilities).
   */
  prepare(rows: R): ((weights: Weights) => number) | null;
  /** Of a figure that is the weighted mean of one value a row: those values; null as for `prepare`. */
  byRow?(rows: R): Float64Array | null;
}

/** Names the task of a metric, so that its `prepare` sees the rows of that task. */
export const defineMetric = <R extends Rows>(metric: Metric<R>): Metric<R> => metric;

/** Every row once. */
export const ones = (rows: number): Uint16Array => new Uint16Array(rows).fill(1);

export const rowCount = (rows: { readonly y: ArrayLike<number> }): number => rows.y.length;

/** The metric over all rows; NaN also for no rows. */
export function compute<R extends Rows>(metric: Metric<R>, rows: R, weights: Weights = ones(rowCount(rows))): number {
  if (rowCount(rows) === 0) return Number.NaN;
  return metric.prepare(rows)?.(weights) ?? Number.NaN;
}
