import { defineMetric } from './metric.ts';
import type { RegressionRows } from './rows.ts';
import { weightedMean } from './weighted-mean.ts';

/** Root of the mean squared error, in the unit of the target. */
export const rmse = defineMetric<RegressionRows>({
  name: 'rmse',
  task: 'regression',
  higherIsBetter: false,
  says: 'typical error, large ones counting more',
  prepare({ y, predicted }) {
    const losses = predicted.map((p, i) => (p - (y[i] as number)) ** 2);
    return (weights) => Math.sqrt(weightedMean(losses, weights));
  },
});
