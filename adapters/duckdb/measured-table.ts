/** A table under measurement: its rows with their places, its columns under names of ours, conditions as columns. */
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { columnsOf } from './facts.ts';
import { PythonFunctions } from './python-functions.ts';
import { count, type Session } from './session.ts';
import { identifier, text } from './sql.ts';
import { type Family, family, sqlValue } from './value.ts';

/** A column as SQL of the base relation sees it: NaN is null, times are UTC, everything else is as in the file. */
export interface MeasuredColumn {
  readonly name: string;
  /** An alias of ours: no name of the data's reaches further than the base relation. */
  readonly sql: string;
  readonly type: string;
  readonly family: Family;
}

/** The row's place in the data, from 0. */
export const PLACE = 'place';

/** Stands in queries for the rows with the columns that tests asked for. No text of the data or a user can hold it. */
export const BASE = '(\0)';

export class MeasuredTable {
  readonly python: PythonFunctions;
  private readonly session: Session;
  /** SQL of all rows and columns, with {@link PLACE_IN_FILE}. */
  readonly from: string;
  readonly columns: readonly Column[];
  private readonly byName: ReadonlyMap<string, Column>;
  private readonly used = new Map<string, MeasuredColumn>();

  private constructor(session: Session, from: string, columns: readonly Column[]) {
    this.session = session;
    this.from = from;
    this.columns = columns;
    this.byName = new Map(columns.map((column) => [column.name, column]));
    this.python = new PythonFunctions(session.connection);
  }

  /** @param files Parquet files of one table, in order, with the same columns */
  static async open(session: Session, files: readonly string[]): Promise<MeasuredTable> {
    const columns = await columnsOf(session, `read_parquet(${text(files[0] ?? '')})`);
    const from = await rowsWithPlaces(session, files, columns);
    return new MeasuredTable(session, from, columns);
  }

  /** Null when there is none of that name. */
  column(name: string): MeasuredColumn | null {
    const known = this.used.get(name);
    if (known) return known;
    const column = this.byName.get(name);
    if (!column) return null;
    const made = { name, sql: `c${this.used.size}`, type: column.type, family: family(column.type) };
    this.used.set(name, made);
    return made;
  }

  /** Runs a query over {@link BASE}: only now is it known which columns that has. */
  rows(sql: string): ReturnType<Session['rows']> {
    return this.session.rows(this.complete(sql));
  }

  run(sql: string): Promise<void> {
    return this.session.run(this.complete(sql));
  }

  private complete(sql: string): string {
    const columns = [...this.used.values()].map(
      ({ name, type, sql: alias }) => `${sqlValue({ name, type })} AS ${alias}`,
    );
    const base = `(SELECT ${[`${PLACE_IN_FILE} AS ${PLACE}`, ...columns].join(', ')} FROM ${this.from})`;
    return sql.replaceAll(BASE, () => base);
  }
}

export const PLACE_IN_FILE = '"__ratchet_place"';

/** Places run on from file to file. */
async function rowsWithPlaces(session: Session, files: readonly string[], columns: readonly Column[]): Promise<string> {
  // Unless a column of the data is called as DuckDB calls the place.
  const place = columns.some(({ name }) => name.toLowerCase() === 'file_row_number')
    ? 'row_number() OVER () - 1'
    : 'file_row_number';
  if (files.length === 1) return `(SELECT *, ${place} AS ${PLACE_IN_FILE} FROM read_parquet(${text(files[0] ?? '')}))`;
  const parts: string[] = [];
  let before = 0;
  const names = columns.map(({ name }) => identifier(name)).join(', ');
  for (const file of files) {
    const from = `read_parquet(${text(file)})`;
    const here = await columnsOf(session, from);
    const missing = columns.find(({ name }) => !here.some((column) => column.name === name));
    const extra = here.find(({ name }) => !columns.some((column) => column.name === name));
    if (missing || extra)
      throw new UserError(
        'DataInvalid',
        `${file} ${missing ? `has no column ${missing.name}, which ${files[0]} has` : `has a column ${extra?.name}, which ${files[0]} has not`}; files of one table must have the same columns`,
      );
    parts.push(`SELECT ${names}, ${place} + ${before} AS ${PLACE_IN_FILE} FROM ${from}`);
    const [row] = await session.rows(`SELECT count(*) AS n FROM ${from}`);
    before += count(row?.n);
  }
  return `(${parts.join(' UNION ALL ')})`;
}
