/** The files of a view's source as they lie there now, in the order of their names; what a query gives now is one of them. */
import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Format } from '#contracts/data.ts';
import { each } from '#contracts/each.ts';
import { cleanEtag } from '#contracts/partition.ts';
import { readingOf } from '#contracts/reading.ts';
import { type FileSource, isFiles, type QuerySource, type Source, sourceName } from '#features/source.ts';
import type { Databases, QueryTables } from '#ports/queries.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import { fetchMutable, type MutableObjectDependencies } from '../../data/mutable-object.ts';
import { formatOf, type Located, locate, type StoredObject } from '../../data/source/source.ts';
import { queryTable } from '../sources/query-table.ts';
import { stampOf } from './data-host.ts';

export interface SourceFile {
  /** Absolute path, or key in the store. */
  readonly label: string;
  /** Another one for other bytes. */
  readonly version: string;
  readonly bytes: number;
  /** Where it lies on this machine for others to change; null of an object of the store, and of what a query gave. */
  readonly path: string | null;
  /** Parquet that a query's rows were written to, for this one reading; null of files. */
  readonly queried: string | null;
  readonly object: StoredObject | null;
}

export interface SourceFilesDependencies extends MutableObjectDependencies {
  readonly store: Pick<ObjectStore, 'key' | 'list' | 'uri' | 'download'>;
  readonly tables: Pick<Tables, 'md5' | 'shape' | 'snapshot'>;
  readonly databases: Databases;
  readonly queries: QueryTables;
}

const STATS_AT_ONCE = 32;

/**
 * @param folder that paths of sources are of
 * @param scratch for what a query gives; its owner removes it
 * @throws UserError DataInvalid when nothing is there
 */
export async function filesOf(
  source: Source,
  folder: string,
  scratch: string,
  deps: SourceFilesDependencies,
  signal: AbortSignal,
): Promise<SourceFile[]> {
  if (!isFiles(source)) return [await queried(source, folder, scratch, deps, signal)];
  const stored = /^[a-z0-9]+:\/\//i.test(source.path);
  const path = stored || isAbsolute(source.path) ? source.path : join(folder, source.path);
  const located = await locate(path, { pipeline: '' }, { projectFolder: () => folder, store: deps.store }, signal);
  const files = located.kind === 'local' ? await local(located) : await objects(located, deps, signal);
  return files.sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0));
}

/** All of its rows at this moment, told apart by their digest from those of another one. */
async function queried(
  source: QuerySource,
  folder: string,
  scratch: string,
  deps: SourceFilesDependencies,
  signal: AbortSignal,
): Promise<SourceFile> {
  const to = join(scratch, 'queried.parquet');
  const open = async (table: FileSource, name: string) => {
    const files = await filesOf(table, folder, scratch, deps, signal);
    return (await asParquet(table, files, join(scratch, `table-${name}.parquet`), deps, signal)).paths;
  };
  const { md5, bytes } = await queryTable(source, to, { folder: scratch, open }, deps, signal);
  return { label: sourceName(source), version: md5, bytes, path: null, object: null, queried: to };
}

const local = ({ files }: Extract<Located, { kind: 'local' }>) =>
  each(STATS_AT_ONCE, files, async ({ path }): Promise<SourceFile> => {
    const { size, ctime } = await stat(path);
    return { label: path, version: stampOf(size, ctime), bytes: size, path, object: null, queried: null };
  });

async function objects(
  { objects: found }: Extract<Located, { kind: 'stored' }>,
  { store }: SourceFilesDependencies,
  signal: AbortSignal,
): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const object of found) {
    const listed = object.listed ?? (await factsOf(object.key, store, signal));
    // One that was named outright and is not there: fetching it says so.
    const version = listed ? (cleanEtag(listed.etag) ?? `${listed.bytes}-${listed.modified.getTime()}`) : '';
    files.push({ label: store.uri(object.key), version, bytes: listed?.bytes ?? 0, path: null, object, queried: null });
  }
  return files;
}

async function factsOf(key: string, store: Pick<ObjectStore, 'list'>, signal: AbortSignal) {
  for await (const { key: found, ...listed } of store.list(key, signal)) if (found === key) return listed;
  return undefined;
}

/**
 * The rows of some files as Parquet: the files themselves, or what is made of them.
 * @param scratch Parquet to write
 */
export async function asParquet(
  source: Source,
  files: readonly SourceFile[],
  scratch: string,
  deps: SourceFilesDependencies,
  signal: AbortSignal,
) {
  const rows = files.flatMap(({ queried: written }) => (written === null ? [] : [written]));
  if (!isFiles(source)) return { paths: rows, columns: (await deps.tables.shape(rows, signal)).columns };
  const labels = files.map(({ label }) => label);
  const format: Format = formatOf(labels, source.format);
  const stored = files.flatMap(({ object }) => (object ? [object] : []));
  const copies = stored.length > 0 ? await fetchMutable(stored, deps, signal) : files;
  const paths = copies.flatMap(({ path }) => (path === null ? [] : [path]));
  const reading = readingOf(source);
  if (format === 'parquet' && Object.values(reading).every((option) => option === undefined))
    return { paths, columns: (await deps.tables.shape(paths, signal)).columns };
  const facts = await deps.tables.snapshot({ files: paths, labels, format, ...reading, to: scratch }, signal);
  return { paths: [scratch], columns: facts.columns };
}
