/** The port `Tables` in this process: for a command that has nothing else to do, and should not wait for a child to start. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tables } from '#activities/ports/tables.ts';
import { UserError } from '#contracts/failures.ts';
import { explain } from './errors.ts';
import { operations } from './operations.ts';
import type { HostSettings, OperationName, Operations } from './protocol.ts';
import { tablesOver, type Workplace } from './tables.ts';

/** What every operation of a command may use, unless RATCHET_DUCKDB_MEMORY says otherwise. */
const MEMORY = '1GiB';

/**
 * DuckDB in the calling process, one session an operation. Never for a worker: a query there starves its heartbeats.
 * `close` removes what was spilled to disk.
 */
export function createTablesInProcess(): Tables & Workplace {
  const settings: HostSettings = {
    threads: availableParallelism(),
    memory: process.env.RATCHET_DUCKDB_MEMORY || MEMORY,
    folder: mkdtempSync(join(tmpdir(), 'ratchet-tables-')),
  };
  const workplace: Workplace = {
    call: async <N extends OperationName>(operation: N, request: Operations[N][0], signal?: AbortSignal) => {
      try {
        return await operations[operation](request, { settings, signal: signal ?? new AbortController().signal });
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        throw error instanceof UserError ? error : (explain(error) ?? error);
      }
    },
    close: async () => rmSync(settings.folder, { recursive: true, force: true }),
  };
  return { ...tablesOver(workplace), ...workplace };
}
