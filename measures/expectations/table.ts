/** The table's size and its columns' names. */
import type { Json } from '#contracts/json.ts';
import type { TableShape } from '#ports/tables.ts';
import { missingColumn } from '../nearest.ts';
import { type Bound, bound, type Family, shown, whereOf } from './definition.ts';
import { boundsOf, isWithin, rangeInWords } from './range.ts';

type Range = ReturnType<typeof boundsOf>;

function rowCount(
  given: { row_condition?: unknown; condition_parser?: string | null | undefined },
  range: Range,
): Bound {
  const where = whereOf(given);
  return bound(
    {
      metric: 'table.row_count',
      measures: where ? [{ of: 'rows', where }] : [],
      judge: ([answer], table) => {
        if (answer && 'problem' in answer) return answer;
        return counted('rows', range, answer && 'value' in answer ? Number(answer.value) : table.rows);
      },
    },
    where,
  );
}

const columnCount = (range: Range): Bound =>
  bound({ metric: 'table.column_count', judge: (_, { columns }) => counted('columns', range, columns.length) });

function counted(what: 'rows' | 'columns', range: Range, observed: number) {
  return {
    success: isWithin(observed, range) === true,
    message: `wanted ${rangeInWords(range)} ${what}; there are ${shown(observed)}`,
    figures: { observed_value: observed },
  };
}

/** Theirs: the places where two lists of names differ. */
function differences(wanted: readonly string[], found: readonly string[]) {
  return Array.from({ length: Math.max(wanted.length, found.length) }, (_, place) => ({
    'Expected Column Position': place,
    Expected: wanted[place] ?? null,
    Found: found[place] ?? null,
  })).filter(({ Expected, Found }) => Expected !== Found);
}

const namesOf = ({ columns }: TableShape) => columns.map(({ name }) => name);

export const table: Family = {
  expect_table_row_count_to_be_between: (given) => rowCount(given, boundsOf(given)),
  expect_table_row_count_to_equal: (given) => rowCount(given, { min: given.value, max: given.value }),
  expect_table_column_count_to_be_between: (given) => columnCount(boundsOf(given)),
  expect_table_column_count_to_equal: ({ value }) => columnCount({ min: value, max: value }),
  expect_column_to_exist: ({ column, column_index }) =>
    bound({
      columns: [column],
      needs: [],
      metric: 'table.columns',
      judge: (_, shape) => {
        const names = namesOf(shape);
        const index = names.indexOf(column);
        if (index < 0) return { success: false, message: missingColumn(column, shape.columns) };
        // As Python counts: −1 is the last.
        const success = column_index == null || names.at(column_index) === column;
        return {
          success,
          message: success ? 'it is there' : `wanted as column ${column_index} (from 0); it is column ${index}`,
        };
      },
    }),
  expect_table_columns_to_match_ordered_list: ({ column_list }) =>
    bound({
      metric: 'table.columns',
      judge: (_, shape) => {
        const names = namesOf(shape);
        const mismatched = column_list ? differences(column_list, names) : [];
        return {
          success: mismatched.length === 0,
          message: `wanted the columns ${column_list?.join(', ') ?? 'of any kind'} in this order; there are ${names.join(', ')}`,
          figures: { observed_value: names, ...(mismatched.length > 0 ? { details: { mismatched } } : {}) },
        };
      },
    }),
  expect_table_columns_to_match_set: ({ column_set, exact_match }) =>
    bound({
      metric: 'table.columns',
      judge: (_, shape) => {
        const names = namesOf(shape);
        const wanted = column_set ?? [];
        const missing = wanted.filter((name) => !names.includes(name)).sort();
        const unexpected = names.filter((name) => !wanted.includes(name)).sort();
        const mismatched: Record<string, Json> = {
          ...(unexpected.length > 0 ? { unexpected } : {}),
          ...(missing.length > 0 ? { missing } : {}),
        };
        const parts = [
          ...missing.map((name) => missingColumn(name, shape.columns)),
          ...(exact_match && unexpected.length > 0 ? [`nobody asked for ${unexpected.join(', ')}`] : []),
        ];
        return {
          success: parts.length === 0,
          message: parts.join('; ') || 'the columns are as wanted',
          figures: {
            observed_value: [...names].sort(),
            ...(Object.keys(mismatched).length > 0 ? { details: { mismatched } } : {}),
          },
        };
      },
    }),
};
