import { chiSquareTail } from './chi-square-tail.ts';
import type { DriftStatistic } from './method.ts';

/** Pearson's chi-square of the current counts against those of the reference, scaled to the current size. A category that the reference lacks gives p = 0. */
export const chiSquare: DriftStatistic = {
  name: 'chisquare',
  title: 'chi-square p_value',
  measures: 'p_value',
  threshold: 0.05,
  driftedWhenEqual: false,
  categories: ({ reference, current, referenceSize, currentSize }) => {
    // One category on both sides cannot differ. Evidently has no degree of freedom left there, and answers NaN or 0.
    if (reference.length === 1) return 1;
    const scale = currentSize / referenceSize;
    const statistic = reference.reduce((sum, count, i) => {
      const expected = count * scale;
      return sum + (current[i]! - expected) ** 2 / expected;
    }, 0);
    return chiSquareTail(statistic, reference.length - 1);
  },
};
