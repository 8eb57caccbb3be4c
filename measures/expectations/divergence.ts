/** How far a column's distribution is from one that was stated: Kullback-Leibler divergence, in nats. */

import type { Json } from '#contracts/json.ts';
import type { Kwargs } from '#expectations/kwargs.ts';
import type { Answer, Measure, Problem } from '#ports/measures.ts';
import { bound, type Family, type Judgement, problemIn, shown, whereOf } from './definition.ts';

type Given = Kwargs<'expect_column_kl_divergence_to_be_less_than'>;
type Partition = NonNullable<Given['partition_object']>;

/** scipy's entropy(p, q): Σ p log(p ÷ q) of both scaled to 1; infinite where q is 0 and p is not. */
function divergence(p: readonly number[], q: readonly number[]): number {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const [ofP, ofQ] = [sum(p), sum(q)];
  return p.reduce(
    (total, value, index) => {
      const [a, b] = [value / ofP, (q[index] ?? 0) / ofQ];
      return total + (a === 0 ? 0 : b === 0 ? Infinity : a * Math.log(a / b));
    },
    ofP === 0 ? Number.NaN : 0,
  );
}

/** Their own check, in words; null when the partition can be used. */
function problemOf({
  partition_object: partition,
  bucketize_data,
  tail_weight_holdout,
  internal_weight_holdout,
}: Given): string | null {
  if (!partition) return 'a partition_object is needed: say what is expected as values or bins with weights';
  const all = [...partition.weights, ...(partition.tail_weights ?? [])];
  const total = all.reduce((sum, weight) => sum + weight, 0);
  if (Math.abs(total - 1) > 1e-8 + 1e-5)
    return `Invalid partition object: its weights sum to ${shown(total)}, not to 1`;
  if (partition.tail_weights && tail_weight_holdout)
    return 'tail_weight_holdout must be 0 when using tail_weights in partition object';
  if (partition.values) {
    if (partition.values.length !== partition.weights.length)
      return 'Invalid partition object: as many weights as values are wanted';
    return internal_weight_holdout ? 'Internal weight holdout cannot be used for discrete data.' : null;
  }
  const { bins } = partition;
  if (!bins || bins.length !== partition.weights.length + 1)
    return 'Invalid partition object: one bin edge more than weights is wanted';
  if (bins.some((edge, index) => index > 0 && !(edge > (bins[index - 1] ?? -Infinity))))
    return 'Invalid partition object: its bins do not rise';
  if (!bucketize_data)
    return 'KL Divergence cannot be computed with a continuous partition object and the bucketize_data parameter set to false.';
  return null;
}

export const klDivergence: Family = {
  expect_column_kl_divergence_to_be_less_than: (given) => {
    const where = whereOf(given);
    const { column, partition_object: partition } = given;
    const problem = problemOf(given);
    const measure: Measure | null =
      problem || !partition
        ? null
        : partition.values
          ? { of: 'counts', column, where }
          : { of: 'histogram', column, edges: partition.bins ?? [], where };
    return bound(
      {
        columns: [column],
        metric: partition?.values ? 'column.value_counts' : 'column.histogram',
        measures: measure ? [measure] : [],
        judge: (answers) => {
          if (problem || !partition) return { problem: problem ?? 'a partition_object is needed' };
          return problemIn(answers) ?? judge(given, partition, answers[0]);
        },
      },
      where,
    );
  },
};

function judge(given: Given, partition: Partition, answer: Answer | undefined): Judgement | Problem {
  const compared =
    answer && 'counts' in answer
      ? ofValues(given, partition, answer)
      : answer && 'bins' in answer
        ? ofBins(given, partition, answer)
        : null;
  if (!compared) return { problem: 'it was not measured' };
  const value = divergence(compared.p, compared.q);
  const success = given.threshold === null || value <= given.threshold;
  return {
    success,
    message: `wanted a divergence of at most ${given.threshold}; it is ${Number.isFinite(value) ? shown(value) : 'infinite: there is what was not expected'}`,
    figures: { observed_value: Number.isFinite(value) ? value : null, details: compared.details },
  };
}

interface Compared {
  readonly p: readonly number[];
  readonly q: readonly number[];
  readonly details: { readonly [key: string]: Json };
}

function ofValues(given: Given, partition: Partition, { counts }: Answer & { counts: unknown }): Compared {
  const found = counts as readonly { value: string | number | boolean | null; count: number }[];
  const total = found.reduce((sum, { count }) => sum + count, 0);
  const expected = partition.values ?? [];
  const same = (a: unknown, b: unknown) =>
    a === b || (typeof a === 'boolean' && Number(a) === b) || (typeof b === 'boolean' && a === Number(b));
  const others = found.filter(({ value }) => !expected.some((wanted) => same(wanted, value)));
  const values = [...expected, ...others.map(({ value }) => value)];
  const p = values.map((value) => (found.find((each) => same(value, each.value))?.count ?? 0) / Math.max(1, total));
  // What nobody expected shares the weight that was held out for it.
  const holdout = given.tail_weight_holdout ?? 0;
  const q = [
    ...partition.weights.map((weight) => (others.length > 0 ? weight * (1 - holdout) : weight)),
    ...others.map(() => holdout / others.length),
  ];
  return { p, q, details: { observed_partition: { values, weights: p }, expected_partition: { values, weights: q } } };
}

function ofBins(given: Given, partition: Partition, answer: Answer & { bins: readonly number[] }): Compared {
  const {
    bins: counts,
    below,
    above,
    nonNull,
  } = answer as Answer & { below: number; above: number; nonNull: number; bins: readonly number[] };
  const holdout = given.tail_weight_holdout ?? 0;
  const internal = given.internal_weight_holdout ?? 0;
  const scaled = partition.weights.map((weight) => weight * (1 - holdout - internal));
  const empty = scaled.filter((weight) => weight === 0).length;
  const expected =
    internal > 0 && empty > 0 ? scaled.map((weight) => (weight === 0 ? internal / empty : weight)) : scaled;
  const observed = counts.map((count) => count / Math.max(1, nonNull));
  const expectedTails = partition.tail_weights ?? [holdout / 2, holdout / 2];
  const observedTails = [below / Math.max(1, nonNull), above / Math.max(1, nonNull)];
  const between = <T>(tails: readonly T[], middle: readonly T[]) => [tails[0] as T, ...middle, tails[1] as T];
  return {
    p: between(observedTails, observed),
    q: between(expectedTails, expected),
    details: {
      observed_partition: { bins: partition.bins ?? [], weights: observed, tail_weights: observedTails },
      expected_partition: { bins: partition.bins ?? [], weights: expected, tail_weights: expectedTails },
    },
  };
}
