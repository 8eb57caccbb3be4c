/** The candidate's own figures, and differences within a slice, each with its standard error by the same units as the comparison. */
import { figure } from '#contracts/data.ts';
import type { Evidence } from '#contracts/evidence.ts';
import { jackknife, studentInterval } from '../statistics/jackknife.ts';
import { type Metric, ones, rowCount, type Weights } from '../statistics/metric.ts';
import { differenceOf, prepared } from '../statistics/paired-bootstrap.ts';
import type { Rows } from '../statistics/rows.ts';
import { grouped, singleRows, type Units } from '../statistics/units.ts';

/** Units are left out one by one; more of them in so many random groups of whole ones. */
const GROUPS = 50;

export interface Counting {
  readonly weights: Float64Array | null;
  /** Null: rows are independent. */
  readonly units: Units | null;
  readonly confidence: number;
  readonly seed: number;
}

/** Of the candidate alone, by metric; those that its output does not carry are left out. */
export function intervalsOf(
  metrics: readonly Metric[],
  rows: Rows,
  counting: Counting,
): NonNullable<Evidence['intervals']> {
  const { confidence } = counting;
  return Object.fromEntries(
    ownEstimates(metrics, rows, counting).map(({ name, estimate }) => {
      const { lower, upper, standardError } = intervalOf(estimate, confidence);
      const { units } = estimate;
      return [name, { value: figure(estimate.value), lower, upper, confidence, standardError, units }];
    }),
  );
}

type Slice = Evidence['slices'][number];

/** The same within a slice, with the units that it rests on, and the difference to the champion: both from one pass for each unit. */
export function sliceErrors(
  metrics: readonly Metric[],
  candidate: Rows,
  champion: Rows | null,
  counting: Counting,
): Pick<Slice, 'intervals' | 'difference'> {
  const own = carriedBy(metrics, candidate).map(({ name, measure }) => ({ name, measure: remembered(measure) }));
  const pairs = champion ? prepared(metrics, candidate, champion) : [];
  const known = new Map(own.map(({ name, measure }) => [name, measure]));
  const differences = pairs.map((pair) => {
    const shared = { ...pair, candidate: known.get(pair.metric.name) ?? pair.candidate };
    return (weights: Weights) => differenceOf(shared, weights);
  });
  const figures = [...own.map(({ measure }) => measure), ...differences];
  const estimates = left(figures, rowCount(candidate), counting);
  const told = (estimate: Estimate) => ({ ...intervalOf(estimate, counting.confidence), units: estimate.units });
  const intervals = Object.fromEntries(own.map(({ name }, at) => [name, told(estimates[at] as Estimate)]));
  if (!champion) return { intervals };
  const difference = Object.fromEntries(
    pairs.map(({ metric }, at) => {
      const estimate = estimates[own.length + at] as Estimate;
      return [metric.name, { difference: figure(estimate.value), ...told(estimate) }];
    }),
  );
  return { difference, intervals };
}

/** Answers the same weights once more without measuring. */
function remembered(measure: (weights: Weights) => number): (weights: Weights) => number {
  let last: { weights: Weights; value: number } | null = null;
  return (weights) => {
    if (last?.weights !== weights) last = { weights, value: measure(weights) };
    return last.value;
  };
}

type Estimate = ReturnType<typeof jackknife>[number];

function ownEstimates(
  metrics: readonly Metric[],
  rows: Rows,
  counting: Counting,
): { name: string; estimate: Estimate }[] {
  const carried = carriedBy(metrics, rows);
  const estimates = left(
    carried.map(({ measure }) => measure),
    rowCount(rows),
    counting,
  );
  return carried.map(({ name }, m) => ({ name, estimate: estimates[m] as Estimate }));
}

const carriedBy = (metrics: readonly Metric[], rows: Rows) =>
  metrics.flatMap((metric) => {
    const measure = metric.prepare(rows);
    return measure ? [{ name: metric.name, measure }] : [];
  });

function intervalOf(estimate: Estimate, confidence: number) {
  const { lower, upper } = studentInterval(estimate, confidence);
  return { lower: figure(lower), upper: figure(upper), standardError: figure(estimate.standardError) };
}

/** Candidate against champion, by metric, in the direction of better. */
export function differencesOf(
  metrics: readonly Metric[],
  candidate: Rows,
  champion: Rows,
  counting: Counting,
): NonNullable<Evidence['slices'][number]['difference']> {
  const pairs = prepared(metrics, candidate, champion);
  const figures = pairs.map((pair) => (weights: Weights) => differenceOf(pair, weights));
  const estimates = left(figures, rowCount(candidate), counting);
  return Object.fromEntries(
    pairs.map(({ metric }, p) => {
      const estimate = estimates[p] as Estimate;
      const interval = intervalOf(estimate, counting.confidence);
      return [metric.name, { difference: figure(estimate.value), ...interval, units: estimate.units }];
    }),
  );
}

function left(figures: Parameters<typeof jackknife>[0], rows: number, { weights, units, seed }: Counting) {
  return jackknife(figures, weights ?? ones(rows), grouped(units ?? singleRows(rows), GROUPS, seed));
}
