import { classCounts } from './class-counts.ts';
import { defineMetric } from './metric.ts';
import type { MulticlassRows } from './rows.ts';

/** Share of rows whose class is predicted. NaN for no weight. */
export const accuracyMulticlass = defineMetric<MulticlassRows>({
  name: 'accuracy',
  task: 'multiclass',
  higherIsBetter: true,
  says: 'share of rows predicted right',
  byRow: ({ y, predicted }) => Float64Array.from(predicted, (label, i) => (label === y[i] ? 1 : 0)),
  prepare(rows) {
    const counts = classCounts(rows);
    return (weights) => {
      const { right, total } = counts(weights);
      return right / total;
    };
  },
});
