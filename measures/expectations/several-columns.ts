/** Pairs of columns, and several at once, row by row. */
import type { TestMeasure } from '#ports/measures.ts';
import type { Family } from './definition.ts';
import { everyRow, listed } from './values.ts';

const ignored: Record<string, TestMeasure['ignore']> = {
  both_values_are_missing: 'all',
  either_value_is_missing: 'any',
  neither: 'never',
  all_values_are_missing: 'all',
  any_value_is_missing: 'any',
  never: 'never',
};
const ignoreOf = ({ ignore_row_if }: { ignore_row_if: string }): TestMeasure['ignore'] =>
  ignored[ignore_row_if] ?? 'all';

export const severalColumns: Family = {
  expect_column_pair_values_a_to_be_greater_than_b: (given) =>
    everyRow(given, {
      columns: [given.column_A, given.column_B],
      test: { is: 'greater', orEqual: given.or_equal === true },
      ignore: ignoreOf(given),
      wanted: `${given.column_A} ${given.or_equal ? 'at least' : 'above'} ${given.column_B}`,
      metric: 'column_pair_values.a_greater_than_b.condition',
    }),
  expect_column_pair_values_to_be_equal: (given) =>
    everyRow(given, {
      columns: [given.column_A, given.column_B],
      test: { is: 'equal' },
      ignore: ignoreOf(given),
      wanted: `${given.column_A} equal to ${given.column_B}`,
      metric: 'column_pair_values.equal.condition',
    }),
  expect_column_pair_values_to_be_in_set: (given) =>
    everyRow(given, {
      columns: [given.column_A, given.column_B],
      test: { is: 'pairIn', pairs: given.value_pairs_set },
      ignore: ignoreOf(given),
      wanted: `one of ${listed(given.value_pairs_set)}`,
      metric: 'column_pair_values.in_set.condition',
    }),
  expect_compound_columns_to_be_unique: (given) =>
    everyRow(given, {
      columns: given.column_list,
      test: { is: 'unique' },
      ignore: ignoreOf(given),
      wanted: `each combination of ${given.column_list.join(', ')} once`,
      metric: 'compound_columns.unique.condition',
    }),
  expect_multicolumn_sum_to_equal: (given) =>
    everyRow(given, {
      columns: given.column_list,
      test: { is: 'sum', total: given.sum_total },
      ignore: ignoreOf(given),
      wanted: `${given.column_list.join(' + ')} to be ${given.sum_total}`,
      metric: 'multicolumn_sum.equal.condition',
    }),
  /** Two nulls in a row are equal. */
  expect_select_column_values_to_be_unique_within_record: (given) =>
    everyRow(given, {
      columns: given.column_list,
      test: { is: 'distinctWithin' },
      ignore: ignoreOf(given),
      wanted: `different values in ${given.column_list.join(', ')}`,
      metric: 'select_column_values.unique.within_record.condition',
    }),
};
