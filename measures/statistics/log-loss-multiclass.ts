import { clipped } from './log-loss.ts';
import { defineMean } from './mean-metric.ts';
import type { MulticlassRows } from './rows.ts';

/** Mean of −ln p(true class), natural logarithm, clipped as for two classes. Not available without probabilities. */
export const logLossMulticlass = defineMean<MulticlassRows>({
  name: 'log_loss',
  task: 'multiclass',
  higherIsBetter: false,
  says: 'mean surprise at the truth, in nats',
  byRow({ y, classes, probabilities }) {
    if (!probabilities) return null;
    const losses = new Float64Array(y.length);
    for (let i = 0; i < y.length; i++)
      losses[i] = -Math.log(clipped(probabilities[i * classes + (y[i] as number)] as number));
    return losses;
  },
});
