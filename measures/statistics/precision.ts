import { binaryCounts } from './binary-counts.ts';
import { defineMetric } from './metric.ts';
import type { BinaryRows } from './rows.ts';

/** TP / (TP + FP) at the threshold; 0 when nothing is predicted positive, as scikit-learn with `zero_division=0`. */
export const precision = defineMetric<BinaryRows>({
  name: 'precision',
  task: 'binary',
  higherIsBetter: true,
  says: 'share of the predicted positives that are positive',
  prepare(rows) {
    const counts = binaryCounts(rows);
    return (weights) => {
      const { fp, tp } = counts(weights);
      return tp + fp > 0 ? tp / (tp + fp) : 0;
    };
  },
});
