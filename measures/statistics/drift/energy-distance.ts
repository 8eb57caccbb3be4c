import type { DriftStatistic } from './method.ts';
import { ExactSum, walk } from './sample.ts';

/** Energy distance: √(2 ∫(F − G)²). */
export const energyDistance: DriftStatistic = {
  name: 'ed',
  title: 'Energy-distance',
  measures: 'distance',
  threshold: 0.1,
  driftedWhenEqual: false,
  numbers: (reference, current) => {
    const sum = new ExactSum();
    walk(reference, current, (value, next, belowA, belowB) => {
      if (!Number.isNaN(next)) sum.add((belowA / reference.size - belowB / current.size) ** 2 * (next - value));
    });
    return Math.SQRT2 * Math.sqrt(sum.value);
  },
};
