/** The port `Tables` in this process: for a command that has nothing else to do, and should not wait for a child to start. */
import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { EntitySampling, Extending, Histories } from '#ports/history.ts';
import type { QueryTables } from '#ports/queries.ts';
import type { Skews } from '#ports/skew.ts';
import type { OpenTable, Tables } from '#ports/tables.ts';
import { explain } from '../errors.ts';
import { operations } from '../operations.ts';
import { createScanner } from '../reading/scanner.ts';
import { tablesOver, type Workplace } from '../tables.ts';
import type { HostSettings, OperationName, Operations } from './protocol.ts';
import { type HostContext, withSession } from './with-session.ts';

/** What every operation of a command may use, unless RATCHET_DUCKDB_MEMORY says otherwise. */
const MEMORY = '1GiB';

export interface Scanning {
  /** Works on tables that lie in `files`, without a detour over a computation's module. */
  scanning<T>(files: readonly string[], work: (open: OpenTable) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/**
 * DuckDB in the calling process, one session an operation. Never for a worker: a query there starves its heartbeats.
 * `close` removes what was spilled to disk.
 */
export function createTablesInProcess(): Tables &
  EntitySampling &
  Histories &
  Skews &
  QueryTables &
  Workplace &
  Scanning &
  Extending {
  const settings: HostSettings = {
    threads: availableParallelism(),
    memory: process.env.RATCHET_DUCKDB_MEMORY || MEMORY,
    folder: mkdtempSync(join(tmpdir(), 'ratchet-tables-')),
  };
  const clear = () => rmSync(settings.folder, { recursive: true, force: true });
  process.once('exit', clear);
  const explained = async <T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw error instanceof UserError ? error : (explain(error) ?? error);
    }
  };
  const workplace: Workplace = {
    call: <N extends OperationName>(operation: N, request: Operations[N][0], signal?: AbortSignal) =>
      explained(signal, operations[operation](request, { settings, signal: signal ?? new AbortController().signal })),
    close: async () => {
      clear();
      process.off('exit', clear);
    },
  };
  const scanning: Scanning['scanning'] = (files, work, signal) => {
    const scanner = createScanner({ settings, signal }, files);
    return explained(
      signal,
      work(scanner.open).finally(() => scanner.close()),
    );
  };
  const extend: Extending['extend'] = (request, compute, signal) =>
    explained(signal, extendIn({ settings, signal }, request, compute));
  return { ...tablesOver(workplace), ...workplace, scanning, extend };
}

/** A failed extension leaves no file. */
async function extendIn(
  context: HostContext,
  request: Parameters<Extending['extend']>[0],
  compute: Parameters<Extending['extend']>[1],
): ReturnType<Extending['extend']> {
  const { extend } = await import('../history/extend.ts');
  try {
    return await withSession(context, [request.file, request.to], (session) => extend(session, request, compute));
  } catch (error) {
    await rm(request.to, { force: true });
    throw error;
  }
}
