/** One side of a summary as DuckDB sees it: what stands behind FROM, and its columns with their values. */
import type { Column } from '#contracts/data.ts';
import type { Session } from '../host/session.ts';
import { openParquet, PLACE_IN_FILE } from '../reading/parquet/table.ts';
import { identifier } from '../sql.ts';
import { type Family, family, sqlValue } from '../value.ts';

/** Every query opens a Parquet file anew, which takes milliseconds a hundred columns: a wide table is loaded once. */
const WIDE = 200;
/** Most values of a wide table that are loaded; 8 bytes each. */
const LOADED_CELLS = 60_000_000;

export interface SummaryColumn extends Column {
  readonly kind: Family;
  /** SQL of its value; NaN is null, times are in UTC, what is nested is text. */
  readonly value: string;
  /** SQL of its value as a finite DOUBLE (times: milliseconds since 1970); null for what is neither number nor time. */
  readonly number: string | null;
  readonly floating: boolean;
}
export interface SummaryTable {
  readonly from: string;
  readonly rows: number;
  readonly columns: readonly SummaryColumn[];
  /** SQL that keeps one row of `step`, the same ones each time. */
  readonly every: (step: number) => string;
}

/** @param name of the temporary table, when the files are wide */
export async function openTable(session: Session, files: readonly string[], name: string): Promise<SummaryTable> {
  const { columns, rows, ...parquet } = await openParquet(session, files);
  const wide = columns.length > WIDE && rows * columns.length <= LOADED_CELLS;
  if (wide) await session.run(`CREATE TABLE ${identifier(name)} AS SELECT * FROM ${parquet.from}`);
  const from = wide ? identifier(name) : parquet.withPlaces;
  const place = wide ? 'rowid' : PLACE_IN_FILE;
  return {
    from,
    rows,
    columns: columns.map(summaryColumn),
    every: (step) => `WHERE hash(${place}) % ${step} = 0`,
  };
}

function summaryColumn(column: Column): SummaryColumn {
  const kind = family(column.type);
  const floating = column.type === 'FLOAT' || column.type === 'DOUBLE';
  const value = kind === 'other' ? `CAST(${identifier(column.name)} AS VARCHAR)` : sqlValue(column);
  const name = identifier(column.name);
  const number = floating
    ? `(CASE WHEN isfinite(${name}) THEN CAST(${name} AS DOUBLE) END)`
    : kind === 'number'
      ? `CAST(${name} AS DOUBLE)`
      : kind === 'time'
        ? `(epoch_us(${value}) / 1000)`
        : null;
  return { ...column, kind, value, number, floating };
}

/** Pieces of at most `most`. */
export function batches<T>(items: readonly T[], most: number): T[][] {
  const size = Math.max(1, Math.floor(most));
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
