import { binaryCounts } from './binary-counts.ts';
import { defineMetric } from './metric.ts';
import type { BinaryRows } from './rows.ts';

/** TP / (TP + FN) at the threshold; 0 when no row is positive, as scikit-learn with `zero_division=0`. */
export const recall = defineMetric<BinaryRows>({
  name: 'recall',
  task: 'binary',
  higherIsBetter: true,
  says: 'share of the positives that are found',
  prepare(rows) {
    const counts = binaryCounts(rows);
    return (weights) => {
      const { fn, tp } = counts(weights);
      return tp + fn > 0 ? tp / (tp + fn) : 0;
    };
  },
});
