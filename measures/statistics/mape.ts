import { defineMean } from './mean-metric.ts';
import type { RegressionRows } from './rows.ts';

/** Mean of |p − y| / max(|y|, 2.2e-16), a share and not per cent. As scikit-learn: one y = 0 makes it about 1e15, which is why it is no default. */
export const mape = defineMean<RegressionRows>({
  name: 'mape',
  task: 'regression',
  higherIsBetter: false,
  says: 'mean error as a share of the truth',
  byRow: ({ y, predicted }) =>
    predicted.map((p, i) => Math.abs(p - (y[i] as number)) / Math.max(Math.abs(y[i] as number), Number.EPSILON)),
});
