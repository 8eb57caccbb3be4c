import { binaryCounts } from './binary-counts.ts';
import { defineMetric } from './metric.ts';
import type { BinaryRows } from './rows.ts';

/** 2·TP / (2·TP + FP + FN) at the threshold; 0 when that divides by 0. */
export const f1 = defineMetric<BinaryRows>({
  name: 'f1',
  task: 'binary',
  higherIsBetter: true,
  says: 'harmonic mean of precision and recall',
  prepare(rows) {
    const counts = binaryCounts(rows);
    return (weights) => {
      const { fp, fn, tp } = counts(weights);
      return tp > 0 ? (2 * tp) / (2 * tp + fp + fn) : 0;
    };
  },
});
