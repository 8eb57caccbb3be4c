/** The files of a view's source as they lie there now, in the order of their names. */
import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Format } from '#contracts/data.ts';
import { each } from '#contracts/each.ts';
import { cleanEtag } from '#contracts/partition.ts';
import { readingOf } from '#contracts/reading.ts';
import type { FeatureView } from '#features/feature-view.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import { fetchMutable, type MutableObjectDependencies } from '../../data/mutable-object.ts';
import { formatOf, type Located, locate, type StoredObject } from '../../data/source/source.ts';
import { stampOf } from './data-host.ts';

export interface SourceFile {
  /** Absolute path, or key in the store. */
  readonly label: string;
  /** Another one for other bytes. */
  readonly version: string;
  readonly bytes: number;
  /** Null of an object of the store. */
  readonly path: string | null;
  readonly object: StoredObject | null;
}

export interface SourceFilesDependencies extends MutableObjectDependencies {
  readonly store: Pick<ObjectStore, 'key' | 'list' | 'uri' | 'download'>;
  readonly tables: Pick<Tables, 'md5' | 'shape' | 'snapshot'>;
}

const STATS_AT_ONCE = 32;

/**
 * @param folder that paths of sources are of
 * @throws UserError DataInvalid when nothing is there
 */
export async function filesOf(
  { source }: FeatureView,
  folder: string,
  deps: SourceFilesDependencies,
  signal: AbortSignal,
): Promise<SourceFile[]> {
  const stored = /^[a-z0-9]+:\/\//i.test(source.path);
  const path = stored || isAbsolute(source.path) ? source.path : join(folder, source.path);
  const located = await locate(path, { pipeline: '' }, { projectFolder: () => folder, store: deps.store }, signal);
  const files = located.kind === 'local' ? await local(located) : await objects(located, deps, signal);
  return files.sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0));
}

const local = ({ files }: Extract<Located, { kind: 'local' }>) =>
  each(STATS_AT_ONCE, files, async ({ path }): Promise<SourceFile> => {
    const { size, ctime } = await stat(path);
    return { label: path, version: stampOf(size, ctime), bytes: size, path, object: null };
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
    files.push({ label: store.uri(object.key), version, bytes: listed?.bytes ?? 0, path: null, object });
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
  { source }: FeatureView,
  files: readonly SourceFile[],
  scratch: string,
  deps: SourceFilesDependencies,
  signal: AbortSignal,
) {
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
