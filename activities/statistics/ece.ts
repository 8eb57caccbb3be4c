import { defineMetric } from './metric.ts';
import { type BinaryRows, bytesOf } from './rows.ts';

export const CALIBRATION_BINS = 10;

/** Index of the equal-width bin of a probability; 1 falls into the last, and so does what lies beyond. */
export const binOf = (p: number, bins: number): number => Math.max(0, Math.min(Math.floor(p * bins), bins - 1));

/**
 * Expected calibration error over 10 equal-width bins: Σ |mean(y) − mean(p)|·n_b / n (Guo et al. 2017).
 * Empty bins count for nothing; NaN for no weight.
 */
export const ece = defineMetric<BinaryRows>({
  name: 'ece',
  task: 'binary',
  higherIsBetter: false,
  says: 'mean gap between predicted and observed share',
  prepare({ y, score }) {
    const bin = bytesOf(score, (p) => binOf(p, CALIBRATION_BINS));
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
