/** Expectations in Great Expectations' names and shape, written in TypeScript. */
import { column } from './expect-column.ts';
import { type Expected, expected, type Mostly, mostlyOf, type Range, rangeOf, rowsOf } from './expected.ts';

export type { ColumnExpectations } from './expect-column.ts';
export type { Expected, Mostly } from './expected.ts';

/** Rows that do not count: where both values are missing (default), where either is, or none. */
interface PairOptions extends Mostly {
  ignore?: 'both' | 'either' | 'neither';
}
const ignoredPair = { both: 'both_values_are_missing', either: 'either_value_is_missing', neither: 'neither' } as const;

/** Rows that do not count: where all values are missing (default), where any is, or none. */
interface SeveralOptions extends Mostly {
  ignore?: 'all' | 'any' | 'never';
}
const ignoredRow = { all: 'all_values_are_missing', any: 'any_value_is_missing', never: 'never' } as const;

function pair(a: string, b: string) {
  const what = `the pair ${a}, ${b}`;
  const kwargs = ({ ignore, ...options }: PairOptions, entry: (...args: never[]) => unknown) => ({
    column_A: a,
    column_B: b,
    ignore_row_if: ignore && ignoredPair[ignore],
    ...mostlyOf(options, what, entry),
  });
  return {
    /** The first above the second. */
    greater: function greater(options: PairOptions & { orEqual?: boolean } = {}): Expected {
      const { orEqual, ...others } = options;
      return expected(
        'expect_column_pair_values_a_to_be_greater_than_b',
        { ...kwargs(others, greater), or_equal: orEqual },
        what,
        greater,
      );
    },
    equal: function equal(options: PairOptions = {}): Expected {
      return expected('expect_column_pair_values_to_be_equal', kwargs(options, equal), what, equal);
    },
    oneOf: function oneOf(pairs: readonly (readonly [unknown, unknown])[], options: PairOptions = {}): Expected {
      const value_pairs_set = pairs.map((each) => [...each]);
      return expected(
        'expect_column_pair_values_to_be_in_set',
        { ...kwargs(options, oneOf), value_pairs_set },
        what,
        oneOf,
      );
    },
  };
}

function together(...columns: readonly string[]) {
  const what = `the columns ${columns.join(', ')}`;
  const kwargs = ({ ignore, ...options }: SeveralOptions, entry: (...args: never[]) => unknown) => ({
    column_list: [...columns],
    ignore_row_if: ignore && ignoredRow[ignore],
    ...mostlyOf(options, what, entry),
  });
  return {
    /** Each combination of their values once. */
    unique: function unique(options: SeveralOptions = {}): Expected {
      return expected('expect_compound_columns_to_be_unique', kwargs(options, unique), what, unique);
    },
    /** Their sum in each row. */
    sum: function sum(total: number, options: SeveralOptions = {}): Expected {
      return expected('expect_multicolumn_sum_to_equal', { ...kwargs(options, sum), sum_total: total }, what, sum);
    },
    /** No two of them have the same value in a row. */
    differ: function differ(options: SeveralOptions = {}): Expected {
      return expected('expect_select_column_values_to_be_unique_within_record', kwargs(options, differ), what, differ);
    },
  };
}

/**
 * What is expected of a table: its columns, pairs of them, several of them, and its size.
 * @example
 * ```ts
 * const suite = [
 *   expect.rowCount({ min: 1_000 }),
 *   expect.columns(['id', 'age', 'left'], { exact: false }),
 *   expect.column('age').between(18, 120),
 *   expect.pair('ended', 'begun').greater(),
 * ];
 * ```
 */
export const expect = {
  column,
  /** Two columns, row by row. */
  pair,
  /** Several columns, row by row. */
  together,
  /** The table has these columns, in any order unless `ordered`, and with `exact` (default) no others. */
  columns: function columns(names: readonly string[], options: { exact?: boolean; ordered?: boolean } = {}): Expected {
    return options.ordered
      ? expected('expect_table_columns_to_match_ordered_list', { column_list: [...names] }, 'columns(…)', columns)
      : expected(
          'expect_table_columns_to_match_set',
          { column_set: [...names], exact_match: options.exact ?? true },
          'columns(…)',
          columns,
        );
  },
  rowCount: function rowCount(options: Range<number> | number): Expected {
    if (typeof options === 'number')
      return expected('expect_table_row_count_to_equal', { value: options }, 'rowCount(…)', rowCount);
    const kwargs = { ...rangeOf(options, 'rowCount(…)', rowCount), ...rowsOf(options) };
    return expected('expect_table_row_count_to_be_between', kwargs, 'rowCount(…)', rowCount);
  },
  columnCount: function columnCount(options: Range<number> | number): Expected {
    return typeof options === 'number'
      ? expected('expect_table_column_count_to_equal', { value: options }, 'columnCount(…)', columnCount)
      : expected(
          'expect_table_column_count_to_be_between',
          rangeOf(options, 'columnCount(…)', columnCount),
          'columnCount(…)',
          columnCount,
        );
  },
};
