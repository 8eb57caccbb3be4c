/** The port `Tables` on DuckDB, in child processes. */
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntitySampling, Histories, Vectors } from '#ports/history.ts';
import type { QueryTables } from '#ports/queries.ts';
import type { Skews } from '#ports/skew.ts';
import type { ColumnKind, ColumnsRead, Tables } from '#ports/tables.ts';
import { HostPool, type PoolSettings } from './host/host-pool.ts';
import type { OperationName, Operations } from './host/protocol.ts';

/**
 * Starts nothing: the first request starts the first host.
 * @param settings see {@link PoolSettings} for the defaults; `memory` by default what RATCHET_DUCKDB_MEMORY says
 * @throws UserError InvalidInput for a memory that is no size
 */
export function createTables(
  settings: Partial<PoolSettings> = {},
): Tables & EntitySampling & Histories & Vectors & Skews & QueryTables {
  const pool = new HostPool({
    scratchFolder: join(tmpdir(), `ratchet-data-${process.getuid?.() ?? 'user'}`),
    memory: process.env.RATCHET_DUCKDB_MEMORY || undefined,
    ...settings,
  });
  return tablesOver(pool);
}

/** Where operations run: the host's processes, or this one. */
export interface Workplace {
  call<N extends OperationName>(
    operation: N,
    request: Operations[N][0],
    signal?: AbortSignal,
  ): Promise<Operations[N][1]>;
  close(): Promise<void>;
}

export function tablesOver(pool: Workplace): Tables & EntitySampling & Histories & Vectors & Skews & QueryTables {
  /** A host that was killed could not remove what it had begun to write. */
  async function writing<T>(files: readonly string[], work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      await Promise.all(files.map((file) => rm(file, { force: true })));
      throw error;
    }
  }
  return {
    snapshot: (request, signal) => writing([request.to], pool.call('snapshot', request, signal)),
    count: (request, signal) => pool.call('count', request, signal),
    header: (request, signal) => pool.call('header', request, signal),
    inspect: (file, signal) => pool.call('inspect', { file }, signal),
    shape: (files, signal) => pool.call('shape', { files }, signal),
    measure: (request, signal) => pool.call('measure', request, signal),
    quarantine: (request, signal) =>
      writing(
        [request.good, request.bad?.path].filter((path) => typeof path === 'string'),
        pool.call('quarantine', request, signal),
      ),
    pair: (request, signal) => writing([request.to], pool.call('pair', request, signal)),
    parse: (expressions, time, signal) => pool.call('parse', { expressions, time }, signal),
    featurize: (request, signal) =>
      writing(
        [request.train, request.holdout, ...(request.times ? [request.times] : [])],
        pool.call('featurize', request, signal),
      ),
    copied: (request, signal) => writing([request.to], pool.call('copied', request, signal)),
    selected: (request, signal) => writing([request.to], pool.call('selected', request, signal)),
    outlined: (request, signal) => pool.call('outlined', request, signal),
    sampleEntities: (request, signal) => writing([request.to], pool.call('sampleEntities', request, signal)),
    history: (request, signal) => writing([request.to], pool.call('history', request, signal)),
    vectors: (request, signal) => writing([request.to], pool.call('vectors', request, signal)),
    extended: (request, signal) => writing([request.to], pool.call('extended', request, signal)),
    sampled: (request, signal) => writing([request.file], pool.call('sampled', request, signal)),
    newest: (request, signal) => pool.call('newest', request, signal),
    skew: (request, signal) => pool.call('skew', request, signal),
    columns: async <const K extends Readonly<Record<string, ColumnKind>>>(
      file: string | readonly string[],
      columns: K,
      signal?: AbortSignal,
    ) =>
      // The host answers by `columns`; the channel's types do not carry it.
      (await pool.call('columns', { file, columns }, signal)) as ColumnsRead<K>,
    compute: async <R>(work: Parameters<Tables['compute']>[0], signal?: AbortSignal) =>
      (await pool.call('compute', work, signal)) as R,
    summarize: (request, signal) => pool.call('summarize', request, signal),
    md5: (files, signal) => pool.call('md5', { files }, signal),
    close: () => pool.close(),
  };
}
