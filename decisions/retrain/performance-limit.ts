/** Is a metric of the model in production beyond a condition's limit, by more than its error? */
import type { MetricObserved } from '#contracts/loop/evidence.ts';
import type { Condition } from '#contracts/trigger-condition.ts';
import { numberOf } from './finding.ts';

export type Performance = Extract<Condition, { kind: 'performance' | 'estimatedPerformance' }>;

/** Metrics of which less is better; of all others, more. */
const lowerIsBetter = new Set(['rmse', 'mae', 'mape', 'mse', 'msle', 'rmsle', 'log_loss', 'brier', 'ece']);
export const higherIsBetter = (metric: string): boolean => !lowerIsBetter.has(metric.replace(/_multiclass$/, ''));

/** Metrics that lie between 0 and 1, as shares do. */
const shares = new Set([
  'accuracy',
  'balanced_accuracy',
  'precision',
  'recall',
  'f1',
  'average_precision',
  'roc_auc',
  'f1_macro',
]);

/**
 * What is asked is whether the metric may still be `there`, so its error is that which it has there, not that at the value
 * seen: a share's is √(p(1 − p)), and an unluckily low figure says that it is surer than it is (Wilson 1927). Never less than
 * the error seen.
 */
function errorThere(metric: string, error: number, value: number, there: number): number {
  if (!shares.has(metric.replace(/_multiclass$/, '')) || !(there > 0 && there < 1 && value > 0 && value < 1))
    return error;
  return error * Math.max(1, Math.sqrt((there * (1 - there)) / (value * (1 - value))));
}

/**
 * The whole interval must lie beyond the limit; a drop is a difference of two figures, and its interval has the error of both
 * (Zou & Donner 2008: the squares of the distances to their bounds add up). Of a figure that was told without an
 * interval the value alone counts: whoever told it has judged it.
 */
export function beyond(condition: Performance, observed: MetricObserved): boolean {
  const confidence = condition.kind === 'performance' ? condition.confidence : undefined;
  if (confidence !== undefined && (observed.confidence === null || observed.confidence < confidence)) return false;
  const value = numberOf(observed.value);
  const bound = (figure: MetricObserved['upper']) =>
    figure === null && confidence === undefined ? value : numberOf(figure);
  const { below, above, dropFromChampion = 0 } = condition;
  const error = (figure: MetricObserved['upper'], there: number) =>
    errorThere(condition.metric, Math.abs(bound(figure) - value), value, there);
  if (below !== undefined) return value + error(observed.upper, below) < below;
  if (above !== undefined) return value - error(observed.lower, above) > above;
  const champion = numberOf(observed.champion);
  const better = higherIsBetter(condition.metric);
  const own = error(better ? observed.upper : observed.lower, champion);
  const { championLower, championUpper } = observed;
  const known = better ? championLower : championUpper;
  // It was measured by the new figure's error: see the watch's championInterval.
  const others =
    known === undefined ? 0 : errorThere(condition.metric, Math.abs(champion - numberOf(known)), value, champion);
  return (better ? champion - value : value - champion) - Math.hypot(own, others) > dropFromChampion;
}
