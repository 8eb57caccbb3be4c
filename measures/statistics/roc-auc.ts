import { defineMetric } from './metric.ts';
import { ranked } from './ranked.ts';
import type { BinaryRows } from './rows.ts';

/**
 * Area under the ROC curve: the chance that a positive row scores above a negative one, ties counting half
 * (Mann-Whitney U / (P·N); Hanley & McNeil 1982). As scikit-learn's `roc_auc_score`.
 * NaN when only one class is present.
 */
export const rocAuc = defineMetric<BinaryRows>({
  name: 'roc_auc',
  task: 'binary',
  higherIsBetter: true,
  says: 'chance that a positive row scores above a negative one',
  prepare(rows) {
    const { order, positive, ends } = ranked(rows);
    return (weights) => {
      let positives = 0;
      let negatives = 0;
      let groupPositives = 0;
      let groupNegatives = 0;
      let area = 0;
      for (let rank = 0; rank < order.length; rank++) {
        const weight = weights[order[rank] as number] as number;
        const ofPositive = weight * (positive[rank] as number);
        groupPositives += ofPositive;
        groupNegatives += weight - ofPositive;
        if (ends[rank] === 1) {
          area += groupNegatives * (positives + groupPositives / 2);
          positives += groupPositives;
          negatives += groupNegatives;
          groupPositives = 0;
          groupNegatives = 0;
        }
      }
      return positives > 0 && negatives > 0 ? area / (positives * negatives) : Number.NaN;
    };
  },
});
