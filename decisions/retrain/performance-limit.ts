/** Is a metric of the model in production beyond a condition's limit, by more than its error? */
import type { MetricObserved } from '#contracts/loop-evidence.ts';
import type { Condition } from '#contracts/trigger-condition.ts';
import { numberOf } from './finding.ts';

export type Performance = Extract<Condition, { kind: 'performance' | 'estimatedPerformance' }>;

/** Metrics of which less is better; of all others, more. */
const lowerIsBetter = new Set(['rmse', 'mae', 'mape', 'mse', 'msle', 'rmsle', 'log_loss', 'brier', 'ece']);
export const higherIsBetter = (metric: string): boolean => !lowerIsBetter.has(metric.replace(/_multiclass$/, ''));

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
  if (below !== undefined) return bound(observed.upper) < below;
  if (above !== undefined) return bound(observed.lower) > above;
  const champion = numberOf(observed.champion);
  const better = higherIsBetter(condition.metric);
  const own = better ? bound(observed.upper) - value : value - bound(observed.lower);
  const { championLower, championUpper } = observed;
  const known = better ? championLower : championUpper;
  const others = known === undefined ? 0 : Math.abs(champion - numberOf(known));
  return (better ? champion - value : value - champion) - Math.hypot(own, others) > dropFromChampion;
}
