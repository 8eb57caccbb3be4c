/** One figure of a column in a range. Of no values: min, max, mean, median and stdev fail; sum, counts and shares are 0. */

import type { Json } from '#contracts/json.ts';
import type { Kwargs } from '#expectations/kwargs.ts';
import type { Answer, Statistic, Value } from '#ports/measures.ts';
import { type Bound, bound, type Family, type Judgement, problemIn, shown, whereOf } from './definition.ts';
import { boundsOf, isWithin, rangeInWords } from './range.ts';

type Given = Kwargs<'expect_column_min_to_be_between'>;

interface Figure {
  readonly what: string;
  readonly metric: string;
  readonly of: readonly Statistic[];
  /** Of the rows that were chosen, besides. */
  readonly rows?: boolean;
  value(values: readonly Value[]): Value;
}

function figure(given: Given, { what, metric, of, rows, value }: Figure): Bound {
  const where = whereOf(given);
  const { column } = given;
  return bound(
    {
      columns: [column],
      metric,
      measures: [...of.map((each) => ({ of: each, column, where })), ...(rows ? [{ of: 'rows' as const, where }] : [])],
      judge: (answers) =>
        problemIn(answers) ?? judgeFigure(what, boundsOf(given), value(answers.map((answer) => answered(answer)))),
    },
    where,
  );
}

const answered = (answer: Answer): Value => ('value' in answer ? answer.value : null);
const first = ([value]: readonly Value[]): Value => value ?? null;
const share = ([part, whole]: readonly Value[]) => (Number(whole) === 0 ? 0 : Number(part) / Number(whole));

function judgeFigure(
  what: string,
  bounds: ReturnType<typeof boundsOf>,
  observed: Value,
): Judgement | { problem: string } {
  const figures = { observed_value: observed as Json };
  const wanted = `wanted a ${what} ${rangeInWords(bounds)}`;
  if (observed === null) return { success: false, message: `${wanted}; there are no values`, figures };
  // Not finite, or beyond what a number of JSON holds.
  const comparable =
    typeof observed === 'string' && /^-?(Infinity|\d{16,})$/.test(observed) ? Number(observed) : observed;
  const success = isWithin(comparable, bounds);
  if (success === null)
    return {
      problem: `the ${what} is ${JSON.stringify(observed)}, which cannot be compared with ${rangeInWords(bounds)}`,
    };
  return {
    success,
    message: `${wanted}; it is ${typeof observed === 'number' ? shown(observed) : observed}`,
    figures,
  };
}

export const statistics: Family = {
  expect_column_min_to_be_between: (given) =>
    figure(given, { what: 'least value', metric: 'column.min', of: ['min'], value: first }),
  expect_column_max_to_be_between: (given) =>
    figure(given, { what: 'greatest value', metric: 'column.max', of: ['max'], value: first }),
  expect_column_mean_to_be_between: (given) =>
    figure(given, { what: 'mean', metric: 'column.mean', of: ['mean'], value: first }),
  expect_column_median_to_be_between: (given) =>
    figure(given, { what: 'median', metric: 'column.median', of: ['median'], value: first }),
  expect_column_sum_to_be_between: (given) =>
    figure(given, { what: 'sum', metric: 'column.sum', of: ['sum'], value: first }),
  expect_column_stdev_to_be_between: (given) =>
    figure(given, { what: 'standard deviation', metric: 'column.standard_deviation', of: ['stdev'], value: first }),
  expect_column_unique_value_count_to_be_between: (given) =>
    figure(given, {
      what: 'number of distinct values',
      metric: 'column.distinct_values.count',
      of: ['distinct'],
      value: first,
    }),
  expect_column_proportion_of_unique_values_to_be_between: (given) =>
    figure(given, {
      what: 'share of distinct values',
      metric: 'column.unique_proportion',
      of: ['distinct', 'nonNull'],
      value: share,
    }),
  expect_column_proportion_of_non_null_values_to_be_between: (given) =>
    figure(given, {
      what: 'share of values that are not missing',
      metric: 'column.non_null_proportion',
      of: ['nonNull'],
      rows: true,
      value: share,
    }),
};
