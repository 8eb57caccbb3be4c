import { binaryCounts } from './binary-counts.ts';
import { defineMetric } from './metric.ts';
import type { BinaryRows } from './rows.ts';

/**
 * Mean of the recalls of the classes that are present, at the threshold: with one class, that class's recall, as
 * scikit-learn's `balanced_accuracy_score`. NaN for no weight.
 */
export const balancedAccuracy = defineMetric<BinaryRows>({
  name: 'balanced_accuracy',
  task: 'binary',
  higherIsBetter: true,
  says: 'mean of the share predicted right in each class',
  prepare(rows) {
    const counts = binaryCounts(rows);
    return (weights) => {
      const { tn, fp, fn, tp } = counts(weights);
      const recalls = [tp / (tp + fn), tn / (tn + fp)].filter((recall) => !Number.isNaN(recall));
      return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
    };
  },
});
