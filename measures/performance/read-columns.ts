/** Columns of a Parquet file for the estimate: read, checked, in the file's order. */

import { UserError } from '#contracts/failures.ts';
import { howTimesAreWritten } from '#contracts/reading.ts';
import type { Scores } from '#ports/predictor.ts';
import type { ColumnKind, ColumnsRead, ReadColumns, TextColumn } from '#ports/tables.ts';
import { withSaid } from './said-columns.ts';

/** One table: how messages call it, and where it lies. */
export interface TableFile {
  readonly name: string;
  readonly file: string;
  /** What a model said of these rows, in their order: read as the columns that `said` names. */
  readonly scores?: Scores;
}

/**
 * Several columns in one pass: numbers with NaN for null, texts as codes.
 * @throws UserError DataInvalid for a column that is missing, or that holds texts or an infinity where numbers belong
 */
export async function columns<const K extends Readonly<Record<string, ColumnKind>>>(
  reading: ReadColumns,
  table: TableFile,
  wanted: K,
): Promise<ColumnsRead<K>> {
  const read = table.scores ? withSaid(reading, table.scores) : reading;
  const found = await named(table, read(table.file, wanted)).catch(async (error: unknown) => {
    const empty = await emptyColumns(read, table, wanted, error);
    const rest = Object.fromEntries(Object.entries(wanted).filter(([name]) => !empty.includes(name)));
    const made = await named(table, read(table.file, rest));
    const none = empty.map((name) => [name, new Float64Array(made.rows).fill(Number.NaN)]);
    // Key by key what was wanted, which Object.fromEntries cannot say.
    return { rows: made.rows, columns: { ...made.columns, ...Object.fromEntries(none) } } as ColumnsRead<K>;
  });
  for (const [name, values] of Object.entries(found.columns))
    if (values instanceof Float64Array) finite(values, table, name);
  return found;
}

/** A column without any value has no type of its own, and is read as a text: where a number is wanted, all are missing. */
async function emptyColumns(
  read: ReadColumns,
  table: TableFile,
  wanted: Readonly<Record<string, ColumnKind>>,
  error: unknown,
): Promise<string[]> {
  if (!isNotNumber(error)) throw error;
  const numeric = Object.keys(wanted).filter((name) => wanted[name] === 'number');
  const asTexts = await named(
    table,
    read(table.file, Object.fromEntries(numeric.map((name) => [name, 'text' as const]))),
  );
  const empty = numeric.filter((name) => asTexts.columns[name]?.values.length === 0);
  if (empty.length === 0) throw error;
  return empty;
}

const isNotNumber = (error: unknown): error is UserError =>
  error instanceof UserError && / not a number/.test(error.message);

function finite(values: Float64Array, table: TableFile, column: string): void {
  const row = values.findIndex((value) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY);
  if (row >= 0)
    throw new UserError(
      'DataInvalid',
      `column ${column} of ${table.name} holds ${values[row]} in row ${row}: leave such rows out, or make them null`,
    );
}

export async function numbers(read: ReadColumns, table: TableFile, column: string): Promise<Float64Array> {
  return (await columns(read, table, { [column]: 'number' } as Record<string, 'number'>)).columns[
    column
  ] as Float64Array;
}

/** @throws UserError DataInvalid for a value outside of [0, 1], with its row */
export function checkProbabilities(values: Float64Array, table: TableFile, column: string): void {
  const row = values.findIndex((value) => value < 0 || value > 1);
  if (row >= 0)
    throw new UserError(
      'DataInvalid',
      `column ${column} of ${table.name} holds ${values[row]} in row ${row}, but a score is a probability from 0 to 1: give predict_proba's value, not a margin or a class`,
    );
}

export async function texts(read: ReadColumns, table: TableFile, column: string): Promise<TextColumn> {
  return (await columns(read, table, { [column]: 'text' } as Record<string, 'text'>)).columns[column] as TextColumn;
}

/** Null where {@link numbers} finds texts. */
export async function numbersOrNull(read: ReadColumns, table: TableFile, column: string): Promise<Float64Array | null> {
  return numbers(read, table, column).catch((error: unknown) => {
    if (isNotNumber(error)) return null;
    throw error;
  });
}

/** The earliest time that a number is taken for: numbers below it are years or row numbers. */
const FIRST_TIME = 1e9;

/** Milliseconds since 1970, UTC; NaN for null. @throws UserError DataInvalid when the values are no times */
export async function times(read: ReadColumns, table: TableFile, column: string): Promise<Float64Array> {
  const refuse = (value: string) =>
    new UserError(
      'DataInvalid',
      `column ${column} of ${table.name} holds "${value}", which is no date or time: ${howTimesAreWritten(column)}`,
    );
  const direct = await numbersOrNull(read, table, column);
  if (direct) {
    const odd = direct.find((value) => Math.abs(value) < FIRST_TIME);
    if (odd !== undefined) throw refuse(String(odd));
    return direct;
  }
  const { codes, values } = await texts(read, table, column);
  const parsed = values.map((value) => {
    const known = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/.exec(value);
    // Without a zone it is UTC, on every machine.
    const time = known ? Date.parse(`${value.replace(' ', 'T')}${known[1] && !known[4] ? 'Z' : ''}`) : Number.NaN;
    if (Number.isNaN(time)) throw refuse(value.slice(0, 40));
    return time;
  });
  return Float64Array.from(codes, (code) => parsed[code] ?? Number.NaN);
}

/** Says which of the tables it was that lacks a column. */
async function named<T>(table: TableFile, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.type, `${table.name}: ${error.message}`, { cause: error });
  }
}
