/**
 * A regression's predictions, calibrated: what truths the reference has where predictions are like this one. Most models draw
 * their predictions towards the mean, so that rows which moved leave the raw ones although they mean what they meant.
 */
import { descending } from '../statistics/order.ts';
import { paired } from './sides.ts';

/** Rows of a bin at least: the mean of as many residuals is close to normal. */
const LEAST_ROWS = 30;
const MOST_BINS = 50;

/**
 * The prediction and the mean residual of the reference about it: bins of equal counts, linear between their means, as that of
 * the outermost bin beyond. Not isotonic as scores are: a step at the end would be a single row's truth, which has no bounds.
 * @param prediction of the reference; @param truth NaN where there is none
 * @returns of a prediction, in the unit of the truth; NaN gives NaN; without any truth the prediction itself
 */
export function calibratedPrediction(prediction: Float64Array, truth: Float64Array): (value: number) => number {
  const [said, came] = paired([prediction, truth], 0, prediction.length) as [Float64Array, Float64Array];
  if (said.length === 0) return (value) => value;
  const order = descending(said).reverse();
  const bins = Math.max(1, Math.min(MOST_BINS, Math.floor(said.length / LEAST_ROWS)));
  const at: number[] = [];
  const gap: number[] = [];
  let same = 0;
  for (let bin = 0; bin < bins; bin++) {
    const rows = order.subarray(Math.floor((bin * order.length) / bins), Math.floor(((bin + 1) * order.length) / bins));
    const place = rows.reduce((sum, row) => sum + (said[row] as number), 0) / rows.length;
    const mean = rows.reduce((sum, row) => sum + (came[row] as number) - (said[row] as number), 0) / rows.length;
    const last = at.length - 1;
    // Bins of one and the same prediction are one point.
    if (last >= 0 && !(place > (at[last] as number))) {
      same++;
      gap[last] = (gap[last] as number) + (mean - (gap[last] as number)) / same;
    } else {
      same = 1;
      at.push(place);
      gap.push(mean);
    }
  }
  return (value) => {
    if (!(value > (at[0] as number))) return value + (gap[0] as number);
    const above = at.findIndex((place) => place >= value);
    if (above < 0) return value + (gap.at(-1) as number);
    const [low, high] = [at[above - 1] as number, at[above] as number];
    const share = (value - low) / (high - low);
    return value + (gap[above - 1] as number) * (1 - share) + (gap[above] as number) * share;
  };
}
