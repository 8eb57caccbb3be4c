import { binaryCounts } from './binary-counts.ts';
import { defineMetric } from './metric.ts';
import type { BinaryRows } from './rows.ts';

/**
 * Matthews correlation coefficient (TP·TN − FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)), −1 … 1; 0 when a row or a
 * column of the confusion matrix is empty, as scikit-learn's `matthews_corrcoef`.
 */
export const mcc = defineMetric<BinaryRows>({
  name: 'mcc',
  task: 'binary',
  higherIsBetter: true,
  says: 'correlation of prediction and truth',
  prepare(rows) {
    const counts = binaryCounts(rows);
    return (weights) => {
      const { tn, fp, fn, tp } = counts(weights);
      // Square roots first: the product of four counts of a million rows leaves the integers that a double holds.
      const scale = Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn);
      return scale > 0 ? (tp * tn - fp * fn) / scale : 0;
    };
  },
});
