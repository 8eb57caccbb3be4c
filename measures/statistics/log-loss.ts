import { defineMean } from './mean-metric.ts';
import type { BinaryRows } from './rows.ts';

/** Probabilities are clipped to [ε, 1 − ε], ε = 2.2e-16: a sure and wrong prediction costs 36, not infinity. */
export const clipped = (p: number): number => Math.min(Math.max(p, Number.EPSILON), 1 - Number.EPSILON);

/**
 * Mean of −ln p(true class), natural logarithm. As scikit-learn's `log_loss` with both labels given, so that it is
 * defined on a slice of one class. Scores beyond 0 … 1 are clipped like probabilities.
 */
export const logLoss = defineMean<BinaryRows>({
  name: 'log_loss',
  task: 'binary',
  higherIsBetter: false,
  says: 'mean surprise at the truth, in nats',
  byRow: ({ y, score }) => score.map((p, i) => -Math.log(y[i] === 1 ? clipped(p) : 1 - clipped(p))),
});
