/** From the names that were asked for to metrics that can be computed. */
import type { EstimateOptions } from '#contracts/estimate.ts';
import { UserError } from '#contracts/failures.ts';
import type { BinaryEstimator } from './binary.ts';
import {
  accuracy,
  businessValue,
  confusionParts,
  f1,
  f1OfClass,
  precision,
  recall,
  specificity,
} from './cell-metrics.ts';
import type { EstimatedMetric } from './metric.ts';
import type { MulticlassEstimator } from './multiclass.ts';
import { type ExpectedLosses, losses, regressionMetric } from './regression.ts';
import type { RegressionColumns, Sides } from './sides.ts';

type Choices = Readonly<Record<string, () => EstimatedMetric | readonly EstimatedMetric[]>>;

export const defaultMetrics: Readonly<Record<EstimateOptions['problem'], readonly string[]>> = {
  binary: ['roc_auc', 'f1', 'precision', 'recall', 'accuracy'],
  multiclass: ['roc_auc', 'f1', 'precision', 'recall', 'accuracy'],
  regression: ['mae', 'rmse'],
};

export function binaryChoices(estimator: BinaryEstimator, { worth }: EstimateOptions): Choices {
  return {
    roc_auc: () => estimator.rocAuc(),
    average_precision: () => estimator.averagePrecision(),
    ...Object.fromEntries(
      [f1, precision, recall, specificity, accuracy].map((metric) => [metric.name, () => estimator.ofCells(metric)]),
    ),
    confusion_matrix: () => confusionParts.map((part) => estimator.ofCells(part)),
    business_value: () => {
      if (!worth)
        throw new UserError(
          'InvalidInput',
          'business_value needs what a row of each cell is worth, for example --worth tp=10,fp=-4,tn=0,fn=-20',
        );
      return estimator.ofCells(businessValue(worth));
    },
  };
}

export function multiclassChoices(estimator: MulticlassEstimator): Choices {
  return {
    roc_auc: () => estimator.rocAuc(),
    average_precision: () => estimator.averagePrecision(),
    accuracy: () => estimator.accuracy(),
    ...Object.fromEntries(
      [f1OfClass, precision, recall, specificity].map((metric) => [metric.name, () => estimator.ofCells(metric)]),
    ),
  };
}

export function regressionChoices(sides: Sides<RegressionColumns>, expected: ExpectedLosses | null): Choices {
  return Object.fromEntries(losses.map((loss) => [loss.name, () => regressionMetric(loss, sides, expected)]));
}

/** @throws UserError InvalidInput for a name that the problem does not know */
export function chosenMetrics({ problem, metrics }: EstimateOptions, choices: Choices): EstimatedMetric[] {
  return (metrics ?? defaultMetrics[problem]).flatMap((name) => {
    const make = choices[name];
    if (!make)
      throw new UserError(
        'InvalidInput',
        `${name} is no metric of a ${problem} problem; there are ${Object.keys(choices).join(', ')}`,
      );
    return make();
  });
}
