import { classCounts } from './class-counts.ts';
import { defineMetric } from './metric.ts';
import type { MulticlassRows } from './rows.ts';

/** Mean F1 over the classes that are present in truth or prediction, each counting the same; a class never hit counts 0. As scikit-learn. */
export const f1Macro = defineMetric<MulticlassRows>({
  name: 'f1_macro',
  task: 'multiclass',
  higherIsBetter: true,
  says: 'mean over the classes of the harmonic mean of precision and recall',
  prepare(rows) {
    const counts = classCounts(rows);
    return (weights) => {
      const { cells, truth, predicted } = counts(weights);
      let sum = 0;
      let present = 0;
      for (let c = 0; c < rows.classes; c++) {
        const both = (truth[c] as number) + (predicted[c] as number);
        if (both === 0) continue;
        sum += (2 * (cells[c * rows.classes + c] as number)) / both;
        present++;
      }
      return sum / present;
    };
  },
});
