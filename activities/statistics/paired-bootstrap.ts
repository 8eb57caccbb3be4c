import { type Metric, ones, rowCount, type Weights } from './metric.ts';
import { quantile } from './quantile.ts';
import { createResampler, sample } from './resampler.ts';
import { pick, type Rows } from './rows.ts';

/**
 * Most rows that are resampled. Beyond, a seeded sample of this size stands for all of them and its deviations are
 * scaled by √(sample / rows), the rate at which every metric here settles (Politis & Romano 1994).
 */
export const ROW_LIMIT = 100_000;
/** Most draws in all: many rows get fewer resamples (500 at the row limit), so that time stays bounded. */
export const DRAW_LIMIT = 50_000_000;

export const resamplesFor = (rows: number, asked: number): number =>
  Math.min(asked, Math.floor(DRAW_LIMIT / Math.max(1, Math.min(rows, ROW_LIMIT))));

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
  /** How many the interval rests on. */
  readonly resamples: number;
}
export interface BootstrapOptions {
  readonly resamples: number;
  /** 0.95 for a 95 % interval. */
  readonly confidence: number;
  readonly seed: number;
  /** Default {@link ROW_LIMIT}. */
  readonly rowLimit?: number;
}

/**
 * Percentile interval of the difference between two models on the same rows (Efron & Tibshirani 1993, ch. 13): each
 * resample draws rows, not predictions, so what makes a row hard for both models cancels out. All metrics see the same
 * resamples. A resample on which a metric is not defined (one class only) is left out; where more than half are, the
 * interval is NaN. Metrics that either model's output does not carry are left out of the result.
 */
export function pairedBootstrap<R extends Rows>(
  metrics: readonly Metric<R>[],
  candidate: R,
  champion: R,
  options: BootstrapOptions,
): PairedInterval[] {
  const every = ones(rowCount(candidate));
  const spread = replicates(metrics, candidate, champion, options);
  const tail = (1 - options.confidence) / 2;
  return prepared(metrics, candidate, champion).map((pair, p) => {
    const difference = differenceOf(pair, every);
    const { sorted, centre, scale, resamples } = spread[p] as (typeof spread)[number];
    const enough = sorted.length > 0 && sorted.length * 2 >= resamples;
    // All rows resampled: the quantile itself. A sample of them: its deviation, around what all rows say.
    const at = (q: number) => (scale === 1 ? quantile(sorted, q) : difference + scale * (quantile(sorted, q) - centre));
    return {
      metric: pair.metric.name,
      higherIsBetter: pair.metric.higherIsBetter,
      candidate: pair.candidate(every),
      champion: pair.champion(every),
      difference,
      lower: enough ? at(tail) : Number.NaN,
      upper: enough ? at(1 - tail) : Number.NaN,
      confidence: options.confidence,
      resamples: sorted.length,
    };
  });
}

/** Differences of each metric over the resamples, sorted, without those that are not defined. */
function replicates<R extends Rows>(
  metrics: readonly Metric<R>[],
  candidate: R,
  champion: R,
  options: BootstrapOptions,
) {
  const rows = rowCount(candidate);
  const rowLimit = options.rowLimit ?? ROW_LIMIT;
  const kept = rows > rowLimit ? sample(rows, rowLimit, options.seed) : null;
  const pairs = kept
    ? prepared(metrics, pick(candidate, kept), pick(champion, kept))
    : prepared(metrics, candidate, champion);
  const drawn = kept?.length ?? rows;
  const resamples = drawn === 0 ? 0 : resamplesFor(rows, options.resamples);
  const values = pairs.map(() => new Float64Array(resamples));
  const draw = createResampler(drawn, options.seed);
  for (let resample = 0; resample < resamples; resample++) {
    const counts = draw();
    for (const [p, pair] of pairs.entries()) (values[p] as Float64Array)[resample] = differenceOf(pair, counts);
  }
  const every = ones(drawn);
  return pairs.map((pair, p) => ({
    sorted: (values[p] as Float64Array).filter((value) => !Number.isNaN(value)).sort(),
    centre: differenceOf(pair, every),
    scale: Math.sqrt(drawn / Math.max(1, rows)),
    resamples,
  }));
}

interface Pair {
  readonly metric: Metric;
  readonly candidate: (weights: Weights) => number;
  readonly champion: (weights: Weights) => number;
}

function prepared<R extends Rows>(metrics: readonly Metric<R>[], candidate: R, champion: R): Pair[] {
  return metrics.flatMap((metric) => {
    const pair = { candidate: metric.prepare(candidate), champion: metric.prepare(champion) };
    return pair.candidate && pair.champion ? [{ metric, candidate: pair.candidate, champion: pair.champion }] : [];
  });
}

const differenceOf = ({ metric, candidate, champion }: Pair, weights: Weights): number =>
  metric.higherIsBetter ? candidate(weights) - champion(weights) : champion(weights) - candidate(weights);
