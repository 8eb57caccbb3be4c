import { classCounts } from './class-counts.ts';
import { defineMetric } from './metric.ts';
import type { MulticlassRows } from './rows.ts';

/** Mean recall over the classes that are present in the truth, as scikit-learn. NaN for no weight. */
export const balancedAccuracyMulticlass = defineMetric<MulticlassRows>({
  name: 'balanced_accuracy',
  task: 'multiclass',
  higherIsBetter: true,
  says: 'mean of the share predicted right in each class',
  prepare(rows) {
    const counts = classCounts(rows);
    return (weights) => {
      const { cells, truth } = counts(weights);
      let sum = 0;
      let present = 0;
      for (let c = 0; c < rows.classes; c++) {
        if (truth[c] === 0) continue;
        sum += (cells[c * rows.classes + c] as number) / (truth[c] as number);
        present++;
      }
      return sum / present;
    };
  },
});
