/** Ranking metrics without labels: each row counts as positive with its calibrated probability. As NannyML's CBPE. */
import { averagePrecision } from '../statistics/average-precision.ts';
import { descending } from '../statistics/order.ts';
import { createResampler, sample } from '../statistics/resampler.ts';
import type { BinaryRows } from '../statistics/rows.ts';

/**
 * Expected area under the ROC curve. Cumulated counts are rounded to five digits, as NannyML's are.
 * @param probability calibrated, no NaN; @param score what the model ranks by; equal scores have equal probabilities
 */
export function expectedRocAuc(probability: Float64Array, score: Float64Array): number {
  const { tps, fps } = cumulated(probability, score);
  const last = tps.length - 1;
  const positives = tps[last] as number;
  const negatives = fps[last] as number;
  let area = 0;
  for (let at = 1; at <= last; at++)
    area +=
      (((fps[at] as number) - (fps[at - 1] as number)) / negatives) *
      (((tps[at] as number) + (tps[at - 1] as number)) / positives / 2);
  return area;
}

/** Expected average precision: Σ of precision times the recall gained, row by row. */
export function expectedAveragePrecision(probability: Float64Array, score: Float64Array): number {
  const { tps } = cumulated(probability, score);
  const positives = tps.at(-1) as number;
  let sum = 0;
  for (let at = 1; at < tps.length; at++)
    sum += (((tps[at] as number) - (tps[at - 1] as number)) / positives) * ((tps[at] as number) / at);
  return sum;
}

/** Expected positives and negatives among the first k rows by falling score, k from 0. */
function cumulated(probability: Float64Array, score: Float64Array): { tps: Float64Array; fps: Float64Array } {
  const order = descending(score);
  const tps = new Float64Array(order.length + 1);
  const fps = new Float64Array(order.length + 1);
  let sum = 0;
  for (let at = 0; at < order.length; at++) {
    sum += probability[order[at] as number] as number;
    tps[at + 1] = fiveDigits(sum);
    fps[at + 1] = fiveDigits(at + 1 - sum);
  }
  return { tps, fps };
}

/** numpy's `round(value, 5)`: half to even. */
function fiveDigits(value: number): number {
  const scaled = value * 1e5;
  const rounded = Math.round(scaled);
  return (rounded - scaled === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded) / 1e5;
}

/** How much chance moves a ranking metric: `deviation` of one row's part, over the rows of which `share` count. */
export interface RankingError {
  readonly deviation: number;
  readonly share: number;
}

/**
 * From the reference, by the variance of a Mann–Whitney sum: for each positive row the share of negatives below it.
 * Equal scores are ordered as in the file; NannyML's order of them depends on the processor.
 * @param label 0 or 1; no NaN
 */
export function rocAucError(label: Float64Array, score: Float64Array): RankingError {
  const rows = label.length;
  const positives = label.reduce((sum, value) => sum + value, 0);
  // The rarer class is counted.
  const flipped = positives / rows > 0.5;
  const counted = flipped ? rows - positives : positives;
  const order = descending(score.map((value) => (flipped ? value - 1 : -value)));
  const below = new Float64Array(counted);
  let found = 0;
  for (let rank = 1; rank < rows; rank++) {
    if ((label[order[rank] as number] === 1) === flipped) continue;
    below[found] = (rank - found) / (rows - counted);
    found++;
  }
  return { deviation: deviationOf(below.subarray(0, found)), share: counted / rows };
}

const RESAMPLES = 50;
const RESAMPLED_ROWS = 50_000;

/** By 50 resamples of (at most 50,000 rows of) the reference; the seed is fixed. Null when no row is positive. */
export function averagePrecisionError(rows: BinaryRows): RankingError {
  const all = rows.y.length;
  const index = all > RESAMPLED_ROWS ? sample(all, RESAMPLED_ROWS, 1) : Int32Array.from(rows.y.keys());
  const taken: BinaryRows = {
    ...rows,
    y: Uint8Array.from(index, (row) => rows.y[row] as number),
    score: Float64Array.from(index, (row) => rows.score[row] as number),
  };
  const value = averagePrecision.prepare(taken);
  if (!value || !taken.y.includes(1)) return { deviation: Number.NaN, share: 1 };
  const draw = createResampler(index.length, 1);
  const values = Float64Array.from({ length: RESAMPLES }, () => value(draw()));
  return { deviation: deviationOf(values) * Math.sqrt(index.length), share: 1 };
}

/** Population standard deviation; NaN for nothing. */
function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
