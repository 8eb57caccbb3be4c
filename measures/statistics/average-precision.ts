import { defineMetric } from './metric.ts';
import { ranked } from './ranked.ts';
import type { BinaryRows } from './rows.ts';

/**
 * Average precision, Σ (R_k − R_{k−1})·P_k over the distinct scores from the greatest down; not the trapezoid under
 * the curve. As scikit-learn's `average_precision_score`: 1 when every row is positive, 0 when none is.
 */
export const averagePrecision = defineMetric<BinaryRows>({
  name: 'average_precision',
  task: 'binary',
  higherIsBetter: true,
  says: 'precision averaged over the recall gained',
  prepare(rows) {
    const { order, positive, ends } = ranked(rows);
    return (weights) => {
      let found = 0;
      let taken = 0;
      let groupFound = 0;
      let sum = 0;
      for (let rank = 0; rank < order.length; rank++) {
        const weight = weights[order[rank] as number] as number;
        taken += weight;
        groupFound += weight * (positive[rank] as number);
        if (ends[rank] === 1) {
          found += groupFound;
          if (groupFound > 0) sum += (groupFound * found) / taken;
          groupFound = 0;
        }
      }
      return found > 0 ? sum / found : 0;
    };
  },
});
