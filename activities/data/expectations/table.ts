import { z } from 'zod';
import { missingColumn } from '../nearest.ts';
import { type Bound, define, type Family, shown, type TableShape } from './definition.ts';
import { boundsOf, isWithin, rangeInWords, rangeKwargs } from './range.ts';

const range = z.strictObject({ ...rangeKwargs, min_value: z.number().nullish(), max_value: z.number().nullish() });
const equal = z.strictObject({ value: z.number() });
const list = z.strictObject({ column_list: z.array(z.string()) });
const set = z.strictObject({ column_set: z.array(z.string()), exact_match: z.boolean().default(true) });
const exist = z.strictObject({ column: z.string().min(1), column_index: z.number().int().nullish() });

function counted(what: 'rows' | 'columns', bounds: ReturnType<typeof boundsOf>): Bound {
  return {
    column: null,
    needs: [],
    measures: [],
    judge: (_, table) => {
      const observed = what === 'rows' ? table.rows : table.columns.length;
      return {
        success: isWithin(observed, bounds) === true,
        message: `wanted ${rangeInWords(bounds)} ${what}; there are ${shown(observed)}`,
        observed,
      };
    },
  };
}

function shape(
  column: string | null,
  judge: (names: string[], table: TableShape) => { success: boolean; message: string; observed?: string[] },
): Bound {
  return {
    column,
    needs: [],
    measures: [],
    judge: (_, table) => ({
      observed: null,
      ...judge(
        table.columns.map(({ name }) => name),
        table,
      ),
    }),
  };
}

/** The table's size and its columns' names. */
export const table: Family = {
  expect_table_row_count_to_be_between: define(range, (given) => counted('rows', boundsOf(given))),
  expect_table_row_count_to_equal: define(equal, ({ value }) => counted('rows', { min: value, max: value })),
  expect_table_column_count_to_be_between: define(range, (given) => counted('columns', boundsOf(given))),
  expect_table_column_count_to_equal: define(equal, ({ value }) => counted('columns', { min: value, max: value })),
  expect_column_to_exist: define(exist, ({ column, column_index }) =>
    shape(column, (names, { columns }) => {
      const index = names.indexOf(column);
      if (index < 0) return { success: false, message: missingColumn(column, columns) };
      const success = column_index === null || column_index === undefined || index === column_index;
      return {
        success,
        message: success ? 'it is there' : `wanted as column ${column_index} (from 0); it is column ${index}`,
      };
    }),
  ),
  expect_table_columns_to_match_ordered_list: define(list, ({ column_list }) =>
    shape(null, (names) => ({
      success: names.length === column_list.length && names.every((name, index) => name === column_list[index]),
      message: `wanted the columns ${column_list.join(', ')} in this order; there are ${names.join(', ')}`,
      observed: names,
    })),
  ),
  expect_table_columns_to_match_set: define(set, ({ column_set, exact_match }) =>
    shape(null, (names, { columns }) => {
      const missing = column_set.filter((name) => !names.includes(name));
      const extra = exact_match ? names.filter((name) => !column_set.includes(name)) : [];
      const parts = [
        ...missing.map((name) => missingColumn(name, columns)),
        ...(extra.length > 0 ? [`nobody asked for ${extra.join(', ')}`] : []),
      ];
      return {
        success: parts.length === 0,
        message: parts.join('; ') || `the columns are as wanted`,
        observed: [...names].sort(),
      };
    }),
  ),
};
