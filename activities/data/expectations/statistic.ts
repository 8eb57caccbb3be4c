import { z } from 'zod';
import type { Figure } from '#contracts/data.ts';
import type { Answer, Statistic } from '../../ports/measures.ts';
import { type Bound, define, type Family, type Judgement, shown } from './definition.ts';
import { boundsOf, isWithin, rangeInWords, rangeKwargs } from './range.ts';
import { columnKwargs } from './values.ts';

const kwargs = z.strictObject({ ...columnKwargs, ...rangeKwargs });
const numbers = z.strictObject({
  ...columnKwargs,
  ...rangeKwargs,
  min_value: z.number().nullish(),
  max_value: z.number().nullish(),
});

type Value = Figure | string | null;

/** @param value from the answers; null: there is no such figure (of no values), which fails */
function figureOf(
  given: z.output<typeof kwargs>,
  what: string,
  statistics: readonly Statistic[],
  value: (answers: readonly Value[]) => Value,
): Bound {
  const bounds = boundsOf(given);
  return {
    column: given.column,
    needs: [given.column],
    measures: statistics.map((of) => ({ of, column: given.column })),
    judge: (answers) => {
      const problem = answers.find((answer): answer is Answer & { problem: string } => 'problem' in answer);
      if (problem) return { success: false, message: problem.problem, observed: null };
      return judge(what, bounds, value(answers.map((answer) => ('value' in answer ? answer.value : null))));
    },
  };
}

function judge(what: string, bounds: ReturnType<typeof boundsOf>, observed: Value): Judgement {
  const wanted = `wanted a ${what} ${rangeInWords(bounds)}`;
  if (observed === null) return { success: false, message: `${wanted}; there are no values`, observed };
  const success = isWithin(observed, bounds);
  if (success === null)
    return {
      success: false,
      message: `${wanted}; it is ${JSON.stringify(observed)}, which cannot be compared with that`,
      observed,
    };
  return {
    success,
    message: `${wanted}; it is ${typeof observed === 'number' ? shown(observed) : observed}`,
    observed,
  };
}

const one = (what: string, statistic: Statistic) => (given: z.output<typeof kwargs>) =>
  figureOf(given, what, [statistic], ([value]) => value ?? null);

/** Figures of a column. Of no values: min, max, mean, median and stdev fail, the sum is 0 and so is what is counted. */
export const statistic: Family = {
  expect_column_min_to_be_between: define(kwargs, one('least value', 'min')),
  expect_column_max_to_be_between: define(kwargs, one('greatest value', 'max')),
  expect_column_mean_to_be_between: define(numbers, one('mean', 'mean')),
  expect_column_median_to_be_between: define(numbers, one('median', 'median')),
  expect_column_sum_to_be_between: define(numbers, one('sum', 'sum')),
  expect_column_stdev_to_be_between: define(numbers, one('standard deviation', 'stdev')),
  expect_column_unique_value_count_to_be_between: define(numbers, one('number of distinct values', 'distinct')),
  expect_column_proportion_of_unique_values_to_be_between: define(numbers, (given) =>
    figureOf(given, 'share of distinct values', ['distinct', 'nonNull'], ([distinct, known]) =>
      Number(known) === 0 ? 0 : Number(distinct) / Number(known),
    ),
  ),
};
