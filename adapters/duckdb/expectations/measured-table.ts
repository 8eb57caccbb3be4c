/** A table under measurement: its rows with their places, its columns under names of ours, conditions as columns. */
import type { Column } from '#contracts/data.ts';
import type { Session } from '../host/session.ts';
import { openParquet, PLACE_IN_FILE } from '../reading/parquet/table.ts';
import { type Family, family, sqlValue } from '../value.ts';
import { PythonFunctions } from './python-functions.ts';

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

  /** @param files Parquet files of one table, in order */
  static async open(session: Session, files: readonly string[]): Promise<MeasuredTable> {
    const { withPlaces, columns } = await openParquet(session, files);
    return new MeasuredTable(session, withPlaces, columns);
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
