/** A first suite, from what a dataset looks like. It passes on that dataset; its author tightens and loosens it. */
import type { Column } from '#contracts/data.ts';
import type { Json } from '#contracts/json.ts';
import type { Expectation } from '#contracts/validation.ts';
import type { Answer, Measure, Value } from '#ports/measures.ts';
import type { TableShape, Tables } from '#ports/tables.ts';
import { typeName } from './value-type.ts';

/** Texts with so few different values are a set. */
const SMALL_SET = 30;
/** Columns measured in one go. */
const AT_ONCE = 200;
/** Fewer rows prove no uniqueness. */
const ENOUGH_TO_BE_UNIQUE = 20;

interface Seen {
  readonly column: Column;
  readonly known: number;
  readonly distinct: number;
  readonly least: Value;
  readonly greatest: Value;
}

/** @param files Parquet files of one table */
export async function suggestSuite(
  files: readonly string[],
  shape: TableShape,
  tables: Pick<Tables, 'measure'>,
  signal?: AbortSignal,
): Promise<Expectation[]> {
  const suite: Expectation[] = [
    made('expect_table_row_count_to_be_between', {
      min_value: Math.floor(shape.rows / 2),
      max_value: Math.ceil(shape.rows * 2),
    }),
    made('expect_table_columns_to_match_set', { column_set: shape.columns.map(({ name }) => name), exact_match: true }),
  ];
  for (let from = 0; from < shape.columns.length; from += AT_ONCE) {
    const columns = shape.columns.slice(from, from + AT_ONCE);
    const seen = await look(files, columns, tables, signal);
    const sets = await smallSets(files, seen, shape, tables, signal);
    suite.push(...seen.flatMap((each) => ofColumn(each, shape.rows, sets.get(each.column.name))));
  }
  return suite;
}

async function look(
  files: readonly string[],
  columns: readonly Column[],
  tables: Pick<Tables, 'measure'>,
  signal?: AbortSignal,
): Promise<Seen[]> {
  const of = ['nonNull', 'distinct', 'min', 'max'] as const;
  const measures = columns.flatMap(({ name }): Measure[] => of.map((each) => ({ of: each, column: name })));
  const answers = await tables.measure({ files, measures, examples: 0 }, signal);
  return columns.map((column, index) => {
    const [known, distinct, least, greatest] = answers.slice(index * of.length).map(answered);
    return {
      column,
      known: Number(known ?? 0),
      distinct: Number(distinct ?? 0),
      least: least ?? null,
      greatest: greatest ?? null,
    };
  });
}

const answered = (answer: Answer): Value => ('value' in answer ? answer.value : null);

async function smallSets(
  files: readonly string[],
  seen: readonly Seen[],
  { rows }: TableShape,
  tables: Pick<Tables, 'measure'>,
  signal?: AbortSignal,
): Promise<Map<string, Value[]>> {
  const few = seen.filter(
    ({ column, distinct, known }) =>
      column.type === 'VARCHAR' && distinct > 0 && distinct <= SMALL_SET && distinct * 10 <= Math.max(known, rows / 2),
  );
  const measures = few.map(({ column }): Measure => ({ of: 'counts', column: column.name }));
  const answers = measures.length === 0 ? [] : await tables.measure({ files, measures, examples: 0 }, signal);
  return new Map(
    few.flatMap(({ column }, index) => {
      const answer = answers[index];
      return answer && 'counts' in answer ? [[column.name, answer.counts.map(({ value }) => value)]] : [];
    }),
  );
}

function ofColumn(
  { column, known, distinct, least, greatest }: Seen,
  rows: number,
  set: Value[] | undefined,
): Expectation[] {
  const { name, type } = column;
  const suite = [made('expect_column_values_to_be_of_type', { column: name, type_: typeName(type) })];
  if (known === 0) return suite;
  const share = Math.floor((known / rows) * 100) / 100;
  if (known === rows) suite.push(made('expect_column_values_to_not_be_null', { column: name }));
  else if (share > 0) suite.push(made('expect_column_values_to_not_be_null', { column: name, mostly: share }));
  if (distinct === known && known >= ENOUGH_TO_BE_UNIQUE && /INT|VARCHAR|UUID|TIMESTAMP|DATE/.test(type))
    suite.push(made('expect_column_values_to_be_unique', { column: name }));
  if (set) suite.push(made('expect_column_values_to_be_in_set', { column: name, value_set: set as Json }));
  if (typeof least === 'number' && typeof greatest === 'number')
    suite.push(
      made('expect_column_values_to_be_between', {
        column: name,
        min_value: outward(least, -1),
        max_value: outward(greatest, 1),
      }),
    );
  // Time goes on: there is no last one.
  if (/^(TIMESTAMP|DATE)/.test(type) && typeof least === 'string')
    suite.push(made('expect_column_values_to_be_between', { column: name, min_value: least.slice(0, 10) }));
  return suite;
}

/** Two figures, away from the values that were seen. */
function outward(value: number, direction: 1 | -1): number {
  if (value === 0) return 0;
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
  const rounded = Number(((direction > 0 ? Math.ceil(value / step) : Math.floor(value / step)) * step).toPrecision(12));
  // Rounding must not cut what it rounds.
  return Number.isFinite(rounded) && (direction > 0 ? rounded >= value : rounded <= value) ? rounded : value;
}

const made = (type: string, kwargs: Expectation['kwargs']): Expectation => ({ type, kwargs, severity: 'fail' });
