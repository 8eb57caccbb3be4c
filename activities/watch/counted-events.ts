/**
 * Of rare events a metric knows less than its rows seem to say: recall of four positives is 0 once in forty times although it is
 * 0.6, and every resample of such rows says 0, too. So metrics of events want so many of these, and where a figure has no
 * spread its interval is that of as many events.
 */

import type { MetricObserved } from '#contracts/loop/evidence.ts';
import type { MetricInterval } from '#measures/statistics/bootstrap.ts';
import { normalQuantile } from '#measures/statistics/normal-quantile.ts';
import type { Rows } from '#measures/statistics/rows.ts';

/** Fewer are not judged; it is what the normal law of a share is commonly asked for. */
const LEAST_EVENTS = 30;

export interface Events {
  readonly count: number;
  /** What they are, after a number. */
  readonly what: string;
}

/** What the metric counts, of which there may be few although there are many rows; null: all rows. */
export function eventsOf(metric: string, rows: Rows): Events | null {
  if (rows.task !== 'binary') return null;
  const positives = rows.y.reduce((sum, label) => sum + label, 0);
  switch (metric) {
    case 'precision':
      return {
        count: rows.score.filter((score) => score >= rows.threshold).length,
        what: 'rows that are called positive',
      };
    case 'recall':
    case 'f1':
    case 'average_precision':
      return { count: positives, what: 'positive rows' };
    case 'roc_auc':
    case 'balanced_accuracy':
    case 'mcc':
      return { count: Math.min(positives, rows.y.length - positives), what: 'rows of the rarer class' };
    default:
      return null;
  }
}

/** What evidence of a metric says that too few events are in; null: they are enough. */
export const tooFewEvents = (events: Events | null): MetricObserved['tooFew'] | null =>
  events && events.count < LEAST_EVENTS ? { rows: events.count, least: LEAST_EVENTS, what: events.what } : null;

/** Wilson's (1927) interval where all resamples of the events say 0, or all say 1: there the bootstrap's has no width. */
export function withSpread(interval: MetricInterval, events: Events | null, confidence: number): MetricInterval {
  const { value, lower, upper } = interval;
  if (!events || events.count === 0 || lower !== upper || (value !== 0 && value !== 1)) return interval;
  const square = normalQuantile(1 - (1 - confidence) / 2) ** 2;
  const width = square / (events.count + square);
  return value === 0 ? { ...interval, upper: width } : { ...interval, lower: 1 - width };
}
