/** The columns of the sources that pipelines name, as `ratchet check` looks at them: on this machine, without a server of ours. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HeaderSource, NotReadable, sourceHeader } from '#activities/data/source/header.ts';
import { foreseenColumns } from '#activities/features/foreseen-columns.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { UserError } from '#contracts/failures.ts';
import { canonicalJson } from '#contracts/json.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { TableHeader } from '#ports/tables.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { outsideServers } from '#stack/outside-servers.ts';
import type { LookAtColumns } from '#workers/code/foreseen-mistakes.ts';

/** How long one source may take. */
const PATIENCE_MS = 10_000;

type HeaderStore = Pick<ObjectStore, 'key' | 'list' | 'head' | 'part'>;

/** Opens nothing before it is asked; what it fetched and unpacked is removed at the end. */
export async function withSourceColumns<T>(root: string, work: (look: LookAtColumns) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'ratchet-check-'));
  const tables = createTablesInProcess();
  const store = storeOf(root);
  const known = new Map<string, Promise<TableHeader | string>>();
  const deps = {
    ...{ store, tables, projectFolder: () => root },
    folder: () => mkdtemp(join(scratch, 'source-')),
  };
  const read = async (source: HeaderSource, pipeline: string): Promise<TableHeader | string> => {
    try {
      return await sourceHeader(source, { pipeline }, deps, PATIENCE_MS);
    } catch (error) {
      if (error instanceof NotReadable) return error.message;
      throw error;
    }
  };
  try {
    return await work((pipeline, graph, watch) => {
      const header = (source: HeaderSource) => {
        const key = JSON.stringify([pipeline, canonicalJson({ ...source })]);
        const found = known.get(key) ?? read(source, pipeline);
        known.set(key, found);
        return found;
      };
      return foreseenColumns(graph, watch, { header, tables });
    });
  } finally {
    await Promise.allSettled(known.values());
    await store.close();
    await tables.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The store that runs started here would read; what it cannot tell says nothing of the pipeline. */
function storeOf(root: string): HeaderStore & { close(): Promise<void> } {
  let opened: ReturnType<typeof createObjectStore> | undefined;
  const store = () => {
    opened ??= createObjectStore(outsideServers().store ?? connectionSettings(root).store);
    return opened;
  };
  return {
    key: (uri) => {
      // Another machine's runs may have another store; what is no URI of a store is wrong for every one.
      try {
        return store().key(uri);
      } catch (error) {
        if (error instanceof UserError && /^s3:/i.test(uri)) throw new UserError('OutsideRefused', error.message);
        throw error;
      }
    },
    list: (prefix, signal) => store().list(prefix, signal),
    head: (key, signal) => store().head(key, signal),
    part: (key, from, bytes, signal) => store().part(key, from, bytes, signal),
    close: async () => opened?.close(),
  };
}
