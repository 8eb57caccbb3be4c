/** Scores into probabilities, when the reference shows that they need it. As NannyML's `needs_calibration`. */
import { isotonic } from '../statistics/isotonic.ts';
import { compute } from '../statistics/metric.ts';
import { descending } from '../statistics/order.ts';
import { rocAuc } from '../statistics/roc-auc.ts';
import { bytesOf } from '../statistics/rows.ts';
import { stratifiedSplits } from '../statistics/stratified-split.ts';

const BINS = 10;
const splitting = { splits: 10, share: 0.1, seed: 42 };
/** A model that ranks this well is left alone: almost every step of the calibration would be a single class. */
const NEARLY_PERFECT = 0.999;

/**
 * The calibrated probability of a score; null when calibration would not bring the scores nearer to the labels in ten
 * stratified trials (expected calibration error over ten bins of equal count, before and after).
 * @param score of the reference, in the order of its file; no NaN; @param label 0 or 1; no NaN
 */
export function calibrator(score: Float64Array, label: Float64Array): ((score: number) => number) | null {
  return helps(score, label) ? isotonic(score, label) : null;
}

function helps(score: Float64Array, label: Float64Array): boolean {
  const positives = label.reduce((sum, value) => sum + value, 0);
  // One of a class cannot be in both sides of a split.
  if (Math.min(positives, label.length - positives) < 2) return false;
  const rows = { task: 'binary', y: bytesOf(label, (value) => value), score, threshold: 0.5 } as const;
  if (compute(rocAuc, rows) > NEARLY_PERFECT) return false;
  const tested: number[] = [];
  const raw: number[] = [];
  const calibrated: number[] = [];
  for (const { train, test } of stratifiedSplits(label, splitting)) {
    const fitted = isotonic(take(score, train), take(label, train));
    for (const row of test) {
      tested.push(label[row] as number);
      raw.push(score[row] as number);
      calibrated.push(fitted(score[row] as number));
    }
  }
  return calibrationError(tested, raw) > calibrationError(tested, calibrated);
}

/** Σ |mean label − mean score| · share over bins of equal count by rising score; the last bin takes the rest. */
function calibrationError(label: readonly number[], score: readonly number[]): number {
  const rows = score.length;
  const bins = rows <= 2 * BINS ? Math.floor(rows / 2) : BINS;
  const width = Math.floor(rows / bins);
  const order = descending(Float64Array.from(score, (value) => -value));
  // As many edges as fit, the last one moved to the end: a rest of a width or more is a bin of its own.
  const edges = Array.from({ length: Math.floor(rows / width) + 1 }, (_, at) => at * width);
  edges[edges.length - 1] = rows;
  let error = 0;
  for (let bin = 0; bin + 1 < edges.length; bin++) {
    const members = order.subarray(edges[bin], edges[bin + 1]);
    const gap = members.reduce((sum, row) => sum + (score[row] as number) - (label[row] as number), 0);
    error += Math.abs(gap) / rows;
  }
  return error;
}

function take(values: Float64Array, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => values[row] as number);
}
