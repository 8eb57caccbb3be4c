import { binaryCounts } from './binary-counts.ts';
import { classCounts } from './class-counts.ts';
import { ones } from './metric.ts';
import type { BinaryRows, MulticlassRows } from './rows.ts';

/** Rows are the truth, columns the prediction, both in the order of the classes (negative before positive). */
export function confusionMatrix(rows: BinaryRows | MulticlassRows): number[][] {
  const every = ones(rows.y.length);
  if (rows.task === 'binary') {
    const { tn, fp, fn, tp } = binaryCounts(rows)(every);
    return [
      [tn, fp],
      [fn, tp],
    ];
  }
  const { cells } = classCounts(rows)(every);
  return Array.from({ length: rows.classes }, (_, y) => [...cells.subarray(y * rows.classes, (y + 1) * rows.classes)]);
}
