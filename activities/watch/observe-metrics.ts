/** The metrics of a model on labelled rows, each with its interval. Runs in the data host: it blocks for as long as it takes. */

import { UserError } from '#contracts/failures.ts';
import { pairedRows } from '#measures/evaluation/rows.ts';
import type { RowsRequest } from '#measures/evaluation/rows-request.ts';
import { type MetricInterval, metricIntervals } from '#measures/statistics/bootstrap.ts';
import type { Metric } from '#measures/statistics/metric.ts';
import { metricsFor } from '#measures/statistics/registry.ts';
import type { Rows } from '#measures/statistics/rows.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { type Events, eventsOf, withSpread } from './counted-events.ts';

export interface ObserveRequest extends Omit<RowsRequest, 'candidate' | 'champion'> {
  readonly scores: RowsRequest['candidate'];
  /** Names of metrics. */
  readonly metrics: readonly string[];
  /** Of the intervals. */
  readonly confidence: number;
  /** By metric, where it is another. */
  readonly confidences: Readonly<Record<string, number>>;
}
export interface Observed {
  /** Rows that have a label and a score. */
  readonly rows: number;
  readonly metrics: readonly ObservedMetric[];
}
interface ObservedMetric extends MetricInterval {
  /** See {@link eventsOf}. */
  readonly events: Events | null;
}

/** As many as the gate takes, with a seed: the same rows have the same interval. */
const RESAMPLES = 1_000;

/** @throws UserError InvalidInput for a metric that the task does not have; DataInvalid when target and model do not fit */
export async function observeMetrics(request: ObserveRequest, read: ReadColumns): Promise<Observed> {
  const { scores, metrics: names, confidence, confidences, ...rows } = request;
  const known = metricsFor(request.task);
  const metrics = names.map((name) => {
    const metric = known.find((each) => each.name === name);
    if (metric) return metric;
    throw new UserError(
      'InvalidInput',
      `the trigger performance(…) names "${name}", which is no metric of a ${request.task} task. There are: ${known.map((each) => each.name).join(', ')}.`,
    );
  });
  const { candidate, kept } = await pairedRows({ ...rows, candidate: scores, champion: null }, read);
  return {
    rows: kept.length,
    metrics: metricsWithError(metrics, candidate, { resamples: RESAMPLES, confidence }, confidences),
  };
}

/** @param confidences by metric, where it is another than that of all */
export function metricsWithError<R extends Rows>(
  metrics: readonly Metric<R>[],
  rows: R,
  { resamples, confidence }: { resamples: number; confidence: number },
  confidences: Readonly<Record<string, number>> = {},
): ObservedMetric[] {
  return metricIntervals(metrics, rows, { resamples, confidence, seed: 0 }, confidences).map((interval) => {
    const events = eventsOf(interval.metric, rows);
    return { ...withSpread(interval, events, confidences[interval.metric] ?? confidence), events };
  });
}
