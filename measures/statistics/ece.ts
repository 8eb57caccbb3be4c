import { defineMetric } from './metric.ts';
import { quantile } from './quantile.ts';
import { type BinaryRows, bytesOf } from './rows.ts';

export const CALIBRATION_BINS = 10;

/**
 * Ten bins of equal counts: the upper edges of all but the last, at the scores' tenths, as numpy's percentiles and
 * scikit-learn's `calibration_curve(strategy='quantile')` have them. Equal scores fall into one bin, so that some may be
 * empty.
 */
export function binsOf(score: Float64Array): { readonly edges: Float64Array; readonly of: (p: number) => number } {
  const sorted = score.slice().sort();
  const edges = Float64Array.from({ length: CALIBRATION_BINS - 1 }, (_, at) =>
    quantile(sorted, (at + 1) / CALIBRATION_BINS),
  );
  return {
    edges,
    of: (p) => {
      let bin = 0;
      while (bin < edges.length && p > (edges[bin] as number)) bin++;
      return bin;
    },
  };
}

/**
 * Expected calibration error over ten bins of equal counts: Σ |mean(y) − mean(p)|·n_b / n (Guo et al. 2017; equal counts as
 * in Nixon et al. 2019, since bins of equal width leave most rows in a few of them). Empty bins count for nothing; NaN for
 * no weight.
 *
 * Biased upwards: the absolute gap of a perfectly calibrated bin is not 0 but the noise of its rows, see
 * {@link calibrationNoise}. Two models on the same rows have nearly the same bias.
 */
export const ece = defineMetric<BinaryRows>({
  name: 'ece',
  task: 'binary',
  higherIsBetter: false,
  says: 'mean gap between predicted and observed share, in ten bins of equal counts',
  prepare({ y, score }) {
    const bins = binsOf(score);
    const bin = bytesOf(score, bins.of);
    // n_b·(mean(y) − mean(p)) is the sum of y − p over the bin.
    const gap = score.map((p, i) => (y[i] as number) - p);
    return (weights) => {
      const sums = new Float64Array(CALIBRATION_BINS);
      let total = 0;
      for (let i = 0; i < gap.length; i++) {
        const weight = weights[i] as number;
        const at = bin[i] as number;
        sums[at] = (sums[at] as number) + weight * (gap[i] as number);
        total += weight;
      }
      return sums.reduce((sum, value) => sum + Math.abs(value), 0) / total;
    };
  },
});
