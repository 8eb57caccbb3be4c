/**
 * One DuckDB, in memory, for one request, and locked: it sees the request's own files and nothing else (no network,
 * no extension, no other file), and nothing that runs in it can change that.
 */
import type { DuckDBConnection, Json } from '@duckdb/node-api';
import { list, text } from '../sql.ts';
import { DuckDBInstance } from './sdk.ts';

export interface SessionSettings {
  readonly threads: number;
  /** DuckDB's own notation: `4GiB`. */
  readonly memory: string;
  /** Folder for what does not fit into memory. */
  readonly spill: string;
}

export interface Session {
  /** Rows as JSON objects: 64-bit integers are texts (see {@link count}). */
  rows(sql: string): Promise<Record<string, Json>[]>;
  run(sql: string): Promise<void>;
  readonly connection: DuckDBConnection;
  /** The same DuckDB on a connection of its own: two tables can be read at once. `close` of the first ends it, too. */
  beside(): Promise<Session>;
  /** Ends what its connections are running. */
  interrupt(): void;
  close(): void;
}

/** @param files absolute paths that may be read and written */
export async function openSession(settings: SessionSettings, files: readonly string[]): Promise<Session> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(settings.threads),
    memory_limit: settings.memory,
    temp_directory: settings.spill,
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_persistent_secrets: 'false',
    enable_external_file_cache: 'false',
    errors_as_json: 'false',
  });
  const connections = [await instance.connect()];
  const close = () => {
    for (const connection of connections) connection.closeSync();
    instance.closeSync();
  };
  const over = (connection: DuckDBConnection): Session => ({
    connection,
    beside: async () => {
      const another = await instance.connect();
      connections.push(another);
      return over(another);
    },
    interrupt: () => {
      for (const each of connections) each.interrupt();
    },
    close,
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson(),
    run: async (sql) => {
      await connection.run(sql);
    },
  });
  const session = over(connections[0] as DuckDBConnection);
  try {
    // Times without a zone are UTC on every machine.
    await session.run(`SET GLOBAL TimeZone = ${text('UTC')}`);
    await session.run(`SET allowed_paths = ${list(files)}`);
    await session.run(`SET allowed_configs = ${list(['threads'])}`);
    await session.run('SET enable_external_access = false');
    await session.run('SET lock_configuration = true');
  } catch (error) {
    close();
    throw error;
  }
  return session;
}

/** A count that DuckDB gave as text or number. Row counts beyond 2^53 do not occur. */
export function count(value: Json | undefined): number {
  return value === null || value === undefined ? 0 : Number(value);
}
