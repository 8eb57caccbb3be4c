import type { Value } from '#ports/measures.ts';
import { bound, type Family, problemIn, shown, whereOf } from './definition.ts';

/** Their tolerance at both ends of a range: numpy's isclose with a relative one. */
const RELATIVE = 1e-4;
const ABSOLUTE = 1e-8;
const close = (a: number, b: number) =>
  a === b || (Number.isFinite(b) && Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.abs(b));

function within(value: Value, low: number, high: number): boolean {
  const infinite = typeof value === 'string' && /^-?Infinity$/.test(value);
  const number = typeof value === 'string' && !infinite ? Date.parse(`${value}Z`) : Number(value ?? Number.NaN);
  if (Number.isNaN(number)) return false;
  return close(number, low) || close(number, high) || (low <= number && number <= high);
}

export const quantiles: Family = {
  /** Observed values, not interpolated ones, unless `allow_relative_error` names a way. */
  expect_column_quantile_values_to_be_between: (given) => {
    const { quantiles: wanted, value_ranges } = given.quantile_ranges;
    const where = whereOf(given);
    return bound(
      {
        columns: [given.column],
        metric: 'column.quantile_values',
        measures: [
          {
            of: 'quantiles',
            column: given.column,
            quantiles: wanted,
            method: given.allow_relative_error || 'nearest',
            where,
          },
        ],
        judge: (answers) => {
          const [answer] = answers;
          if (!answer || !('list' in answer)) return problemIn(answers) ?? { problem: 'it was not measured' };
          const details = answer.list.map((value, index) => {
            const [low, high] = value_ranges[index] ?? [];
            return within(value, low ?? -Infinity, high ?? Infinity);
          });
          const wrong = details.flatMap((good, index) => {
            const value = answer.list[index];
            return good ? [] : [`${wanted[index]} is at ${typeof value === 'number' ? shown(value) : value}`];
          });
          return {
            success: wrong.length === 0,
            message: `wanted ${wanted.length} quantiles in their ranges; ${wrong.join(', ') || 'so they are'}`,
            figures: {
              observed_value: { quantiles: wanted, values: [...answer.list] },
              details: { success_details: details },
            },
          };
        },
      },
      where,
    );
  },
};
