import { classCounts } from './class-counts.ts';
import { defineMetric } from './metric.ts';
import type { MulticlassRows } from './rows.ts';

/** Gorodkin's R_K (2004), the Matthews coefficient for several classes; 0 when truth or prediction is constant, as scikit-learn. */
export const mccMulticlass = defineMetric<MulticlassRows>({
  name: 'mcc',
  task: 'multiclass',
  higherIsBetter: true,
  says: 'correlation of prediction and truth',
  prepare(rows) {
    const counts = classCounts(rows);
    return (weights) => {
      const { truth, predicted, right, total } = counts(weights);
      const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, c) => sum + value * (b[c] as number), 0);
      const spreads = (total * total - dot(predicted, predicted)) * (total * total - dot(truth, truth));
      return spreads > 0 ? (right * total - dot(truth, predicted)) / Math.sqrt(spreads) : 0;
    };
  },
});
