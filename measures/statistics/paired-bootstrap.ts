import { type BootstrapOptions, percentileInterval, type Spread, spreadError, spreadOf } from './bootstrap.ts';
import { type Metric, ones, rowCount, type Weights } from './metric.ts';
import { pick, type Rows } from './rows.ts';

export interface PairedInterval {
  readonly metric: string;
  readonly higherIsBetter: boolean;
  readonly candidate: number;
  readonly champion: number;
  /** In the direction of better: positive means that the candidate is better. So are both ends of the interval. */
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
  readonly confidence: number;
  readonly standardError: number;
  /** How many the interval rests on. */
  readonly resamples: number;
}

/**
 * Percentile interval of the difference between two models on the same rows (Efron & Tibshirani 1993, ch. 13): each
 * resample draws rows (or whole units of them), not predictions, so what makes a row hard for both models cancels out. All metrics see the same
 * resamples. A resample on which a metric is not defined (one class only) is left out; where more than half are, the
 * interval is NaN. Metrics that either model's output does not carry are left out of the result.
 */
export function pairedBootstrap<R extends Rows>(
  metrics: readonly Metric<R>[],
  candidate: R,
  champion: R,
  options: BootstrapOptions,
): PairedInterval[] {
  const every = options.weights ?? ones(rowCount(candidate));
  const spread = spreadOf(
    rowCount(candidate),
    (kept) =>
      (kept
        ? prepared(metrics, pick(candidate, kept), pick(champion, kept))
        : prepared(metrics, candidate, champion)
      ).map((pair) => (weights) => differenceOf(pair, weights)),
    options,
  );
  return prepared(metrics, candidate, champion).map((pair, p) => {
    const difference = differenceOf(pair, every);
    const own = spread[p] as Spread;
    return {
      metric: pair.metric.name,
      higherIsBetter: pair.metric.higherIsBetter,
      candidate: pair.candidate(every),
      champion: pair.champion(every),
      difference,
      ...percentileInterval(own, difference, options.confidence),
      confidence: options.confidence,
      standardError: spreadError(own),
      resamples: own.sorted.length,
    };
  });
}

export interface Pair {
  readonly metric: Metric;
  readonly candidate: (weights: Weights) => number;
  readonly champion: (weights: Weights) => number;
}

/** Metrics that both models' outputs carry. */
export function prepared<R extends Rows>(metrics: readonly Metric<R>[], candidate: R, champion: R): Pair[] {
  return metrics.flatMap((metric) => {
    const pair = { candidate: metric.prepare(candidate), champion: metric.prepare(champion) };
    return pair.candidate && pair.champion ? [{ metric, candidate: pair.candidate, champion: pair.champion }] : [];
  });
}

/** In the direction of better. */
export const differenceOf = ({ metric, candidate, champion }: Pair, weights: Weights): number =>
  metric.higherIsBetter ? candidate(weights) - champion(weights) : champion(weights) - candidate(weights);
