/** The candidate's own figures, and differences within a slice, each with its standard error by the same units as the comparison. */
import { figure } from '#contracts/data.ts';
import type { Evidence } from '#contracts/evidence.ts';
import { jackknife, studentInterval } from '../statistics/jackknife.ts';
import { type Metric, ones, rowCount } from '../statistics/metric.ts';
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

/** The same within a slice, with the units that it rests on. */
export function sliceIntervalsOf(
  metrics: readonly Metric[],
  rows: Rows,
  counting: Counting,
): NonNullable<Evidence['slices'][number]['intervals']> {
  return Object.fromEntries(
    ownEstimates(metrics, rows, counting).map(({ name, estimate }) => [
      name,
      { ...intervalOf(estimate, counting.confidence), units: estimate.units },
    ]),
  );
}

type Estimate = ReturnType<typeof jackknife>[number];

function ownEstimates(
  metrics: readonly Metric[],
  rows: Rows,
  counting: Counting,
): { name: string; estimate: Estimate }[] {
  const carried = metrics.flatMap((metric) => {
    const measure = metric.prepare(rows);
    return measure ? [{ name: metric.name, measure }] : [];
  });
  const estimates = left(
    carried.map(({ measure }) => measure),
    rowCount(rows),
    counting,
  );
  return carried.map(({ name }, m) => ({ name, estimate: estimates[m] as Estimate }));
}

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
  const figures = pairs.map((pair) => (weights: Parameters<typeof differenceOf>[1]) => differenceOf(pair, weights));
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
