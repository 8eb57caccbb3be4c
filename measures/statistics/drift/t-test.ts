import type { DriftStatistic } from './method.ts';
import { moments } from './sample.ts';
import { studentTwoSided } from './student-tail.ts';

/** Student's t of two means, one variance for both. NaN for two equal constants. */
export const tTest: DriftStatistic = {
  name: 't_test',
  title: 't_test',
  measures: 'p_value',
  threshold: 0.05,
  driftedWhenEqual: false,
  numbers: (reference, current) => {
    const [a, b] = [moments(reference), moments(current)];
    const freedom = reference.size + current.size - 2;
    const variance = (a.squares + b.squares) / freedom;
    const t = (a.mean - b.mean) / Math.sqrt(variance * (1 / reference.size + 1 / current.size));
    return studentTwoSided(t, freedom);
  },
};
