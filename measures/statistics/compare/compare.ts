/** Two models on the same rows, metric by metric, each difference with its interval: by resamples, by few units' own errors, or by a test. */
import { type BootstrapOptions, unitResamples } from '../bootstrap.ts';
import { jackknife, studentInterval } from '../jackknife.ts';
import { type Metric, ones, rowCount } from '../metric.ts';
import { differenceOf, type PairedInterval, pairedBootstrap, prepared } from '../paired-bootstrap.ts';
import type { Rows } from '../rows.ts';
import { grouped, type Units } from '../units.ts';
import { pairedMethods } from './methods.ts';

/**
 * So many units or fewer: Student's interval of the jackknife's error. The percentiles of a bootstrap of few units are too
 * near to the difference (docs/gate-simulations.md has the rates).
 */
const FEW_UNITS = 200;
/** A bootstrap of whole units needs as many resamples; rows that leave no time for them are compared by so many groups of units. */
const LEAST_RESAMPLES = 200;
const GROUPS = 100;

export interface CompareOptions extends BootstrapOptions {
  readonly by: 'bootstrap' | keyof typeof pairedMethods;
  /** What units are; null: rows are independent. */
  readonly kind: 'blocks' | 'clusters' | null;
}
export interface ComparedPair extends PairedInterval {
  readonly method: string;
  readonly pValue?: number;
}

/** Metrics that the method does not fit, or that either model's output does not carry, are left out. */
export function compareModels<R extends Rows>(
  metrics: readonly Metric<R>[],
  candidate: R,
  champion: R,
  options: CompareOptions,
): ComparedPair[] {
  const { by, units, kind } = options;
  if (by !== 'bootstrap') return tested(metrics, candidate, champion, by, options);
  if (!units || kind === null)
    return named('paired-bootstrap', pairedBootstrap(metrics, candidate, champion, { ...options, units: null }));
  const student = (most: number) =>
    named(`student-t-by-${kind}`, byStudent(metrics, candidate, champion, grouped(units, most, options.seed), options));
  if (unitResamples(rowCount(candidate), options.resamples) < LEAST_RESAMPLES) return student(GROUPS);
  if (units.count <= FEW_UNITS) return student(FEW_UNITS);
  return named(
    `${kind === 'blocks' ? 'block' : 'cluster'}-bootstrap`,
    pairedBootstrap(metrics, candidate, champion, options),
  );
}

const named = (method: string, pairs: readonly PairedInterval[]): ComparedPair[] =>
  pairs.map((pair) => ({ ...pair, method }));

function byStudent<R extends Rows>(
  metrics: readonly Metric<R>[],
  candidate: R,
  champion: R,
  units: Units,
  { confidence, weights }: CompareOptions,
): PairedInterval[] {
  const pairs = prepared(metrics, candidate, champion);
  const every = weights ?? ones(rowCount(candidate));
  const estimates = jackknife(
    pairs.map((pair) => (of) => differenceOf(pair, of)),
    every,
    units,
  );
  return pairs.map((pair, p) => {
    const estimate = estimates[p] as (typeof estimates)[number];
    return {
      metric: pair.metric.name,
      higherIsBetter: pair.metric.higherIsBetter,
      candidate: pair.candidate(every),
      champion: pair.champion(every),
      difference: estimate.value,
      ...studentInterval(estimate, confidence),
      confidence,
      standardError: estimate.standardError,
      resamples: 0,
    };
  });
}

function tested<R extends Rows>(
  metrics: readonly Metric<R>[],
  candidate: R,
  champion: R,
  by: keyof typeof pairedMethods,
  { confidence, weights = null, units = null }: CompareOptions,
): ComparedPair[] {
  const method = pairedMethods[by];
  const every = weights ?? ones(rowCount(candidate));
  const pairs = prepared(metrics, candidate, champion).filter(({ metric }) => method.fits(metric));
  return pairs.flatMap((pair) => {
    const test = method.compare(pair.metric, candidate, champion, { confidence, weights, units });
    if (!test) return [];
    return {
      metric: pair.metric.name,
      higherIsBetter: pair.metric.higherIsBetter,
      candidate: pair.candidate(every),
      champion: pair.champion(every),
      ...test,
      confidence,
      resamples: 0,
      method: units && !method.plainRows ? `${method.name}-by-units` : method.name,
    };
  });
}
