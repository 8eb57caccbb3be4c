import { defineMean } from './mean-metric.ts';
import type { BinaryRows } from './rows.ts';

/** Mean of (p − y)² (Brier 1950). As scikit-learn's `brier_score_loss`. */
export const brier = defineMean<BinaryRows>({
  name: 'brier',
  task: 'binary',
  higherIsBetter: false,
  says: 'mean squared error of the probability',
  byRow: ({ y, score }) => score.map((p, i) => (p - (y[i] as number)) ** 2),
});
