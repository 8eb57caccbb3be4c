/** Whole columns of a Parquet file as typed arrays, in the file's order. */
import type { DuckDBDoubleVector as Doubles, DuckDBIntegerVector as Integers } from '@duckdb/node-api';
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { ColumnKind, ColumnsRead, TextColumn } from '#ports/tables.ts';
import { DuckDBDoubleVector, DuckDBIntegerVector } from '../host/sdk.ts';
import type { Session } from '../host/session.ts';
import { identifier } from '../sql.ts';
import { asTime } from '../timestamp.ts';
import { family, valueOrNull } from '../value.ts';
import { openParquet } from './parquet/table.ts';

export async function readColumns<const K extends Readonly<Record<string, ColumnKind>>>(
  session: Session,
  file: string | readonly string[],
  wanted: K,
): Promise<ColumnsRead<K>> {
  const { from, columns, rows } = await openParquet(session, [file].flat());
  const names = Object.keys(wanted);
  const dictionaries: Record<string, string[]> = {};
  const select: string[] = [];
  // One after another: a session that is closed by an error while a query of it runs takes the process with it.
  for (const [index, name] of names.entries()) {
    const column = columns.find((each) => each.name === name);
    if (!column)
      throw new UserError(
        'DataInvalid',
        `there is no column ${name}; the table has ${columns.map((each) => each.name).join(', ')}`,
      );
    if (wanted[name] === 'number') {
      select.push(numberOf(column.name, column.type));
      continue;
    }
    dictionaries[name] = await dictionary(session, from, column, index);
    select.push(
      dictionaries[name].length === 0
        ? '-1::INTEGER'
        : `coalesce(enum_code(CAST(CAST(${valueOrNull(column)} AS VARCHAR) AS dictionary_${index}))::INTEGER, -1)`,
    );
  }
  const arrays = names.map((name) => (wanted[name] === 'number' ? new Float64Array(rows) : new Int32Array(rows)));
  if (names.length > 0) await fill(session, `SELECT ${select.join(', ')} FROM ${from}`, arrays);
  const entries = names.map((name, index): [string, Float64Array | TextColumn] => {
    const array = arrays[index]!;
    return [name, array instanceof Float64Array ? array : { codes: array, values: dictionaries[name]! }];
  });
  // Built from `wanted` key by key, which the type says and Object.fromEntries cannot.
  return { rows, columns: Object.fromEntries(entries) as ColumnsRead<K>['columns'] };
}

/** SQL of a column's value as DOUBLE: null as NaN, times as milliseconds. */
export function numberOf(name: string, type: string): string {
  const kind = family(type);
  if (kind === 'text' || kind === 'other')
    throw new UserError('DataInvalid', `column ${name} is ${type}, not a number`);
  const value = kind === 'time' ? `epoch_us(${asTime(identifier(name), type)}) / 1000` : identifier(name);
  return `coalesce(CAST(${value} AS DOUBLE), 'NaN'::DOUBLE)`;
}

/** The column's distinct values, sorted, as an ENUM: its codes are what is read row by row. */
async function dictionary(session: Session, from: string, column: Column, index: number): Promise<string[]> {
  const value = valueOrNull(column);
  const distinct = `SELECT DISTINCT CAST(${value} AS VARCHAR) AS v FROM ${from} WHERE ${value} IS NOT NULL ORDER BY v`;
  const values = (await session.rows(distinct)).map((row) => String(row.v));
  if (values.length > 0) await session.run(`CREATE TYPE dictionary_${index} AS ENUM (${distinct})`);
  return values;
}

/** One array a selected column, in the result's order. */
export async function fill(
  session: Session,
  sql: string,
  arrays: readonly (Float64Array | Int32Array)[],
): Promise<void> {
  const result = await session.connection.stream(sql);
  let row = 0;
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [index, array] of arrays.entries()) {
      const vector = chunk.getColumnVector(index);
      if (!(vector instanceof DuckDBDoubleVector || vector instanceof DuckDBIntegerVector))
        throw new TypeError(`unexpected vector ${vector.type}`);
      array.set(valuesOf(vector).subarray(0, chunk.rowCount), row);
    }
    row += chunk.rowCount;
  }
}

/** A result of DOUBLE columns piece by piece; the arrays are copies. */
export async function pieces(
  session: Session,
  sql: string,
  take: (columns: readonly Float64Array[], rows: number) => void,
): Promise<void> {
  const result = await session.connection.stream(sql);
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const columns = Array.from({ length: chunk.columnCount }, (_, index) => {
      const vector = chunk?.getColumnVector(index);
      if (!(vector instanceof DuckDBDoubleVector)) throw new TypeError(`unexpected vector ${vector?.type}`);
      return Float64Array.from(valuesOf(vector).subarray(0, chunk?.rowCount));
    });
    take(columns, chunk.rowCount);
  }
}

/** The array behind a vector, which its class keeps private: reading a million values one by one costs ten times as much. */
export function valuesOf(vector: Doubles | Integers): Float64Array | Int32Array {
  const items: unknown = Reflect.get(vector, 'items');
  if (items instanceof Float64Array || items instanceof Int32Array) return items;
  throw new TypeError('this version of @duckdb/node-api keeps its values elsewhere');
}
