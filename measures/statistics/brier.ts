import { defineMetric } from './metric.ts';
import type { BinaryRows } from './rows.ts';
import { weightedMean } from './weighted-mean.ts';

/** Mean of (p − y)² (Brier 1950). As scikit-learn's `brier_score_loss`. */
export const brier = defineMetric<BinaryRows>({
  name: 'brier',
  task: 'binary',
  higherIsBetter: false,
  says: 'mean squared error of the probability',
  prepare({ y, score }) {
    const losses = score.map((p, i) => (p - (y[i] as number)) ** 2);
    return (weights) => weightedMean(losses, weights);
  },
});
