/** The values that a column has, whatever their number. */
import type { Json } from '#contracts/json.ts';
import { type Bound, bound, type Family, problemIn, whereOf } from './definition.ts';
import { listed } from './values.ts';

type Given = {
  readonly column: string;
  readonly value_set: readonly (string | number | boolean | null)[];
  readonly row_condition?: unknown;
  readonly condition_parser?: string | null | undefined;
};

/** @param tell which of the two sides must be empty */
function againstSet(given: Given, wanted: string, tell: { unexpected: boolean; missing: boolean }): Bound {
  const where = whereOf(given);
  return bound(
    {
      columns: [given.column],
      metric: tell.unexpected
        ? 'column.distinct_values.not_in_set.count'
        : 'column.distinct_values.missing_from_column.count',
      measures: [{ of: 'against', column: given.column, values: given.value_set, where }],
      judge: (answers) => {
        const [answer] = answers;
        if (!answer || !('missing' in answer)) return problemIn(answers) ?? { problem: 'it was not measured' };
        const unexpected = tell.unexpected ? answer.unexpected : 0;
        const missing = tell.missing ? answer.missing : [];
        const parts = [
          ...(unexpected > 0
            ? [
                `${unexpected === 1 ? 'one value is' : `${unexpected} values are`} not in it, such as ${listed(answer.first)}`,
              ]
            : []),
          ...(missing.length > 0 ? [`missing: ${listed(missing)}`] : []),
        ];
        return {
          success: parts.length === 0,
          message: `wanted ${wanted} ${listed(given.value_set)}; ${parts.join('; ') || 'so it is'}`,
          figures: {
            observed_value: null,
            ...(tell.unexpected ? { unexpected_count: unexpected } : {}),
            ...(tell.missing ? { missing_count: missing.length } : {}),
            ...(tell.unexpected ? { partial_unexpected_list: [...answer.first] } : {}),
            ...(tell.missing ? { partial_missing_list: missing.slice(0, 20) } : {}),
          },
        };
      },
    },
    where,
  );
}

export const distinct: Family = {
  expect_column_distinct_values_to_be_in_set: (given) =>
    againstSet(given, 'no other values than', { unexpected: true, missing: false }),
  expect_column_distinct_values_to_contain_set: (given) =>
    againstSet(given, 'at least the values', { unexpected: false, missing: true }),
  expect_column_distinct_values_to_equal_set: (given) =>
    againstSet(given, 'exactly the values', { unexpected: true, missing: true }),
  /** Several most common values fail, unless ties are welcome. */
  expect_column_most_common_value_to_be_in_set: (given) => {
    const where = whereOf(given);
    return bound(
      {
        columns: [given.column],
        metric: 'column.most_common_value',
        measures: [{ of: 'modes', column: given.column, where }],
        judge: (answers) => {
          const [answer] = answers;
          if (!answer || !('list' in answer)) return problemIn(answers) ?? { problem: 'it was not measured' };
          const same = (a: unknown, b: unknown) =>
            (typeof a === 'boolean' ? Number(a) : a) === (typeof b === 'boolean' ? Number(b) : b);
          const common = answer.list.filter((value) => given.value_set.some((wanted) => same(wanted, value))).length;
          return {
            success: given.ties_okay ? common > 0 : answer.list.length === 1 && common === 1,
            message: `wanted the most common value to be one of ${listed(given.value_set)}; it is ${listed(answer.list)}`,
            figures: { observed_value: [...answer.list] as Json },
          };
        },
      },
      where,
    );
  },
};
