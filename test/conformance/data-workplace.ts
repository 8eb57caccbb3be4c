/** A throw-away project with a store, a cache and a data host, for tests of the data stages. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { sourceIdentity } from '#activities/data/source/identity.ts';
import { createValidateData, sourceDependencies } from '#activities/data/validate-data.ts';
import { createFeaturize } from '#activities/features/featurize.ts';
import type { StageContext } from '#activities/stage.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import type { DatasetRef } from '#contracts/data.ts';
import type { RunContext } from '#contracts/run.ts';
import { featurize } from '#contracts/stages/featurize.ts';
import { validateData } from '#contracts/stages/validate-data.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import { createFolderStore, type FolderStore } from './folder-store.ts';

export interface DataWorkplace<S extends ObjectStore = FolderStore> {
  readonly folder: string;
  readonly cacheFolder: string;
  readonly store: S;
  readonly tables: Tables;
  readonly run: RunContext;
  readonly progress: string[];
  /** Writes a file into the pipeline's folder; gives its path. */
  file(name: string, content: string | Uint8Array): Promise<string>;
  validate(
    input: z.input<typeof validateData.input>,
    signal?: AbortSignal,
  ): Promise<z.input<typeof validateData.output>>;
  featurize(input: z.input<typeof featurize.input>, signal?: AbortSignal): Promise<z.input<typeof featurize.output>>;
  identity(source: string): Promise<string | null>;
  /** The rows of a stored dataset, column by column; numbers and texts. */
  rows(
    ref: DatasetRef,
    columns: Readonly<Record<string, 'number' | 'text'>>,
  ): Promise<Record<string, (number | string | null)[]>>;
  /** A dataset of CSV lines. */
  dataset(name: string, csv: string, types?: Record<string, string>): Promise<DatasetRef>;
  close(): Promise<void>;
}

export async function createDataWorkplace(): Promise<DataWorkplace>;
export async function createDataWorkplace<S extends ObjectStore>(store: S): Promise<DataWorkplace<S>>;
export async function createDataWorkplace(given?: ObjectStore): Promise<DataWorkplace<ObjectStore>> {
  const folder = await mkdtemp(join(tmpdir(), 'ratchet-data-test-'));
  const cacheFolder = join(folder, '.ratchet', 'cache');
  const store = given ?? createFolderStore(join(folder, 'store'));
  const tables = createTables({ scratchFolder: join(folder, 'scratch') });
  const deps = { store, tables, cacheFolder, projectFolder: () => folder };
  const at = '2026-01-01T00:00:00.000Z';
  const run: RunContext = {
    id: 'run/test/1',
    pipeline: 'test',
    model: null,
    environment: 'dev',
    asOf: at,
    trigger: { kind: 'manual', id: '1', reason: 'test', figures: {}, who: 'test', at },
  };
  const progress: string[] = [];
  let attempts = 0;
  async function attempt<T>(signal: AbortSignal | undefined, work: (context: StageContext) => Promise<T>): Promise<T> {
    const workdir = join(folder, 'work', String(++attempts));
    await mkdir(workdir, { recursive: true });
    try {
      return await work({
        run,
        node: 'node',
        attempt: 1,
        signal: signal ?? new AbortController().signal,
        stopping: () => false,
        progress: (text) => progress.push(text),
        workdir,
      });
    } finally {
      await rm(workdir, { recursive: true, force: true });
    }
  }
  const place: DataWorkplace<ObjectStore> = {
    folder,
    cacheFolder,
    store,
    tables,
    run,
    progress,
    async file(name, content) {
      const path = join(folder, 'pipelines', 'test', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      return path;
    },
    validate: (input, signal) =>
      attempt(signal, (context) => createValidateData(deps)(validateData.input.parse(input), context)),
    featurize: (input, signal) =>
      attempt(signal, (context) => createFeaturize(deps)(featurize.input.parse(input), context)),
    identity: (source) => sourceIdentity({ source }, run, sourceDependencies(deps)),
    async rows(ref, columns) {
      const path = join(folder, `${ref.digest.slice(4)}.parquet`);
      await store.download(store.key(ref.uri), path);
      const read = await tables.columns(path, columns);
      return Object.fromEntries(
        Object.entries(read.columns).map(([name, column]) => [
          name,
          column instanceof Float64Array
            ? Array.from(column, (value) => (Number.isNaN(value) ? null : value))
            : Array.from(column.codes, (code) => column.values[code] ?? null),
        ]),
      );
    },
    async dataset(name, csv, types) {
      await place.file(`${name}.csv`, csv);
      return (await place.validate({ source: `${name}.csv`, types })).snapshot;
    },
    async close() {
      await tables.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return place;
}
