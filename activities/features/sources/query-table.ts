/** The rows of a source that is no file, as one Parquet file: read whole, at one moment. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileSource, type PostgresSource, type QuerySource, sourceName } from '#features/source.ts';
import type { Databases, QueryTables } from '#ports/queries.ts';
import type { TableFacts } from '#ports/tables.ts';

export interface QueryDependencies {
  readonly databases: Databases;
  readonly queries: QueryTables;
}

export interface QueryPlace {
  /** For what lies between; left as it was. */
  readonly folder: string;
  /** Parquet files of a source that is files. */
  open(source: FileSource, name: string): Promise<readonly string[]>;
  progress?(text: string): void;
}

/**
 * @param to Parquet to write; the same rows give the same bytes, whatever their order was
 * @throws UserError for a query or a connection that is wrong, a database that does not answer, and a source without a row
 */
export async function queryTable(
  source: QuerySource,
  to: string,
  place: QueryPlace,
  { databases, queries }: QueryDependencies,
  signal: AbortSignal,
): Promise<TableFacts> {
  const folder = await mkdtemp(join(place.folder, 'query-'));

  async function copied({ postgres }: PostgresSource, name: string, parquet: string): Promise<TableFacts> {
    const label = sourceName({ postgres });
    const csv = join(folder, `${name}.csv`);
    const database = await databases(postgres.connection);
    place.progress?.(`reading ${label}`);
    const columns = await database.copy(postgres, csv, signal, (bytes) =>
      place.progress?.(`reading ${label}: ${Math.round(bytes / 1024 ** 2)} MiB`),
    );
    const facts = await queries.copied({ file: csv, columns, label, to: parquet }, signal);
    await rm(csv);
    return facts;
  }

  try {
    if ('postgres' in source) return await copied(source, 'rows', to);
    const tables: Record<string, readonly string[]> = {};
    for (const [name, table] of Object.entries(source.sql.tables)) {
      const parquet = join(folder, `table-${name}.parquet`);
      if ('postgres' in table) await copied(table, `table-${name}`, parquet);
      tables[name] = 'postgres' in table ? [parquet] : await place.open(table, name);
    }
    return await queries.selected({ query: source.sql.query, tables, label: sourceName(source), to }, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
