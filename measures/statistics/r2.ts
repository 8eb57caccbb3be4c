import { defineMetric } from './metric.ts';
import type { RegressionRows } from './rows.ts';
import { weightedMean } from './weighted-mean.ts';

/**
 * Coefficient of determination, 1 − Σ w(y − p)² / Σ w(y − ȳ)². As scikit-learn's `r2_score`: NaN for fewer than two
 * rows; for a constant target 1 when every prediction is right, else 0.
 */
export const r2 = defineMetric<RegressionRows>({
  name: 'r2',
  task: 'regression',
  higherIsBetter: true,
  says: 'share of the variance explained',
  prepare({ y, predicted }) {
    if (y.length < 2) return () => Number.NaN;
    return (weights) => {
      const mean = weightedMean(y, weights);
      let left = 0;
      let all = 0;
      for (let i = 0; i < y.length; i++) {
        const weight = weights[i] as number;
        const truth = y[i] as number;
        left += weight * (truth - (predicted[i] as number)) ** 2;
        all += weight * (truth - mean) ** 2;
      }
      if (all === 0) return left === 0 ? 1 : 0;
      return 1 - left / all;
    };
  },
});
