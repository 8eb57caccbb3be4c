import { binaryCounts } from './binary-counts.ts';
import { defineMetric } from './metric.ts';
import type { BinaryRows } from './rows.ts';

/** (TP + TN) / n at the threshold. NaN for no weight. */
export const accuracy = defineMetric<BinaryRows>({
  name: 'accuracy',
  task: 'binary',
  higherIsBetter: true,
  says: 'share of rows predicted right',
  byRow: ({ y, score, threshold }) => score.map((p, i) => ((p >= threshold ? 1 : 0) === y[i] ? 1 : 0)),
  prepare(rows) {
    const counts = binaryCounts(rows);
    return (weights) => {
      const { tn, fp, fn, tp } = counts(weights);
      return (tp + tn) / (tn + fp + fn + tp);
    };
  },
});
