import { chiSquareTail } from './chi-square-tail.ts';
import { type DriftStatistic, NotTestable } from './method.ts';

/** Likelihood-ratio (G) test of the current counts against the reference's. Both sides must have as many values. */
export const gTest: DriftStatistic = {
  name: 'g_test',
  title: 'g_test',
  measures: 'p_value',
  threshold: 0.1,
  driftedWhenEqual: false,
  categories: ({ reference, current, referenceSize, currentSize }) => {
    if (referenceSize !== currentSize)
      throw new NotTestable(
        `g_test compares samples of one size, and these have ${referenceSize} and ${currentSize} values: use chisquare`,
      );
    if (reference.length === 1) return 1;
    const statistic = reference.reduce(
      (sum, expected, i) => (current[i]! === 0 ? sum : sum + current[i]! * Math.log(current[i]! / expected)),
      0,
    );
    return chiSquareTail(2 * statistic, reference.length - 1);
  },
};
