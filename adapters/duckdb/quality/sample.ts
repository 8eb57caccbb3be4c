/** Columns side by side, of all rows or of an even choice of them, for correlations. */
import type { Sample } from '#ports/summary.ts';
import { count, type Session } from '../host/session.ts';
import { fill, pieces } from '../reading/columns.ts';
import { text } from '../sql.ts';
import type { Aggregates } from './aggregates.ts';
import { type CommonValues, KEPT } from './common-values.ts';
import type { SummaryColumn, SummaryTable } from './table.ts';

/** Rows of the choice: of normal data the standard error of a correlation is at most 1/√rows, 0.003; ties and tails make it larger. */
const ROWS = 100_000;
/** A matrix of more columns is read by nobody, and grows with the square. */
const NUMBERS = 30;
const CATEGORIES = 12;

export async function sample(
  session: Session,
  table: SummaryTable,
  aggregates: readonly Aggregates[],
  common: readonly CommonValues[],
  first: readonly string[],
): Promise<Sample> {
  const all = table.columns
    .map((column, i) => ({ column, aggregates: aggregates[i] as Aggregates, common: common[i] as CommonValues }))
    .filter(({ common: { distinct } }) => distinct > 1)
    .sort((a, b) => place(first, a.column) - place(first, b.column));
  const numbers = all.filter(({ column }) => column.kind === 'number');
  // Codes need the whole list of values.
  const categories = all.filter(
    ({ column, common: { distinct, exact } }) =>
      (column.kind === 'text' || column.kind === 'boolean') && exact && distinct <= KEPT,
  );
  const [ofNumbers, ofCategories] = [numbers.slice(0, NUMBERS), categories.slice(0, CATEGORIES)];
  const select = [
    ...ofNumbers.map(({ column }) => `coalesce(${column.number}, 'NaN'::DOUBLE)`),
    ...ofCategories.map(({ column, common: { values } }) => codeOf(column, values)),
  ];
  const step = Math.ceil(table.rows / ROWS);
  const where = step > 1 ? table.every(step) : '';
  const chosen =
    select.length === 0
      ? 0
      : step > 1
        ? await rowsIn(session, `SELECT count(*) AS n FROM ${table.from} ${where}`)
        : table.rows;
  const arrays = select.map(() => new Float64Array(chosen));
  if (select.length > 0 && chosen > 0)
    await fill(session, `SELECT ${select.join(', ')} FROM ${table.from} ${where}`, arrays);
  const values = (i: number) => arrays[i] as Float64Array;
  return {
    rows: chosen,
    of: table.rows,
    numbers: ofNumbers.map(({ column, aggregates: { numbers: figures } }, i) => ({
      name: column.name,
      values: values(i),
      ...(typeof figures?.mean === 'number' ? { mean: figures.mean } : {}),
    })),
    ...(step > 1 && ofNumbers.length > 1
      ? {
          scanNumbers: (take) =>
            pieces(session, `SELECT ${select.slice(0, ofNumbers.length).join(', ')} FROM ${table.from}`, take),
        }
      : {}),
    categories: ofCategories.map(({ column, common: { distinct } }, i) => ({
      name: column.name,
      values: values(ofNumbers.length + i),
      classes: distinct,
    })),
    leftOut: { numbers: namesOf(numbers.slice(NUMBERS)), categories: namesOf(categories.slice(CATEGORIES)) },
  };
}

const namesOf = (columns: readonly { readonly column: SummaryColumn }[]) => columns.map(({ column }) => column.name);

const place = (first: readonly string[], { name }: SummaryColumn): number =>
  first.includes(name) ? first.indexOf(name) : first.length;
const rowsIn = async (session: Session, sql: string) => count((await session.rows(sql))[0]?.n);

/** A value's place in the list of values; texts that differ only after 79 characters count as one. */
function codeOf({ value }: SummaryColumn, values: CommonValues['values']): string {
  const cut = (each: string) => (each.endsWith('…') ? each.slice(0, -1) : each);
  const known = values.map((each) => (each.value.includes('\0') ? "''" : text(cut(each.value)))).join(', ');
  return `coalesce(CAST(list_position([${known}], left(CAST(${value} AS VARCHAR), 79)) - 1 AS DOUBLE), 'NaN'::DOUBLE)`;
}
