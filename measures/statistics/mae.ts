import { defineMetric } from './metric.ts';
import type { RegressionRows } from './rows.ts';
import { weightedMean } from './weighted-mean.ts';

/** Mean absolute error, in the unit of the target. */
export const mae = defineMetric<RegressionRows>({
  name: 'mae',
  task: 'regression',
  higherIsBetter: false,
  says: 'mean error',
  prepare({ y, predicted }) {
    const losses = predicted.map((p, i) => Math.abs(p - (y[i] as number)));
    return (weights) => weightedMean(losses, weights);
  },
});
