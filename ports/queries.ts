/** Tables that queries give: of a database, and of SQL over tables in files. */
import type { Column } from '#contracts/data.ts';
import type { HeaderColumn, TableFacts } from './tables.ts';

/** What is asked of a database: a table of it, or one SELECT. */
export type DatabaseQuery = { readonly table: string } | { readonly query: string };

/** A database whose tables are read whole. */
export interface Database {
  /**
   * Writes what it gives at one moment as CSV: without a header, `,` between values, values in double quotes where they need it, a missing value empty and
   * not in quotes. Nothing is written there but `to`, and an ended reading leaves it unfinished.
   * @param progress is told the bytes so far, now and then
   * @returns the columns, by DuckDB's types
   * @throws UserError InvalidInput for what it does not know or allow, OutsideUnreachable, OutsideRefused; none says the address or the password
   */
  copy(
    asked: DatabaseQuery,
    to: string,
    signal: AbortSignal,
    progress?: (bytes: number) => void,
  ): Promise<readonly Column[]>;
  /** The columns alone: no row is read. @throws as `copy` */
  columns(asked: DatabaseQuery, signal: AbortSignal): Promise<readonly Column[]>;
}

/**
 * @param connection the environment variable that holds its address
 * @throws UserError InvalidInput when it is not set, or is no address
 */
export type Databases = (connection: string) => Promise<Database>;

/** As `Tables`, of what queries give. Both write rows in the order of their values, so that the same rows are the same bytes. */
export interface QueryTables {
  /** A CSV as `Database.copy` writes it → Parquet. @throws UserError DataInvalid for a value that is not of its column's type, and without a row */
  copied(
    request: {
      readonly file: string;
      readonly columns: readonly Column[];
      /** What messages call it. */
      readonly label: string;
      readonly to: string;
    },
    signal?: AbortSignal,
  ): Promise<TableFacts>;
  /** What one SELECT makes of tables. @throws UserError InvalidInput for what is no SELECT or gives another value each time, DataInvalid without a row */
  selected(
    request: {
      readonly query: string;
      /** Parquet files by the name that the query calls them. */
      readonly tables: Readonly<Record<string, readonly string[]>>;
      readonly label: string;
      readonly to: string;
    },
    signal?: AbortSignal,
  ): Promise<TableFacts>;
  /** Its columns, of tables without rows. @throws as `selected` */
  outlined(
    request: {
      readonly query: string;
      readonly tables: Readonly<Record<string, readonly Column[]>>;
      readonly label: string;
    },
    signal?: AbortSignal,
  ): Promise<readonly HeaderColumn[]>;
}
