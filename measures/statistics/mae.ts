import { defineMean } from './mean-metric.ts';
import type { RegressionRows } from './rows.ts';

/** Mean absolute error, in the unit of the target. */
export const mae = defineMean<RegressionRows>({
  name: 'mae',
  task: 'regression',
  higherIsBetter: false,
  says: 'mean error',
  byRow: ({ y, predicted }) => predicted.map((p, i) => Math.abs(p - (y[i] as number))),
});
