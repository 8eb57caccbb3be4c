/** The local files behind a source, each with its MD5. */
import type { Format } from '#contracts/data.ts';
import type { RunContext } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import type { DatasetCache } from '../dataset-cache.ts';
import { digestsOf, type FileDigest } from '../file-digests.ts';
import { fetchMutable } from '../mutable-object.ts';
import { formatOf, type Located, locate, type SourceDependencies, type SourceInput } from './source.ts';

export interface SourceFiles {
  readonly files: readonly string[];
  /** What messages call them. */
  readonly labels: readonly string[];
  readonly md5s: readonly string[];
  readonly format: Format;
  /** Files that may change under our hands; empty for what the store addresses by its bytes. */
  readonly watched: readonly FileDigest[];
}

export interface SourceFilesDependencies extends SourceDependencies {
  readonly store: Pick<ObjectStore, 'key' | 'list' | 'uri' | 'head' | 'download' | 'put' | 'upload'>;
  readonly tables: Pick<Tables, 'md5'>;
  readonly cache: DatasetCache;
  readonly cacheFolder: string;
}

export async function sourceFiles(
  { source, format }: SourceInput,
  run: RunContext,
  deps: SourceFilesDependencies,
  signal?: AbortSignal,
): Promise<SourceFiles> {
  if (typeof source !== 'string') {
    const label = source.kind === 'dataset' ? 'the dataset' : source.name;
    const found = source.kind === 'dataset' ? (format ?? source.format) : formatOf([source.name], format);
    return {
      files: [await deps.cache.localFile(source, signal)],
      labels: [label],
      md5s: [source.digest.replace(/^md5:/, '')],
      format: found,
      watched: [],
    };
  }
  return filesBehind(await locate(source, run, deps, signal), format, deps, signal);
}

/** Of what was located already: nothing is listed once more. */
export async function filesBehind(
  located: Located,
  format: Format | undefined,
  deps: SourceFilesDependencies,
  signal?: AbortSignal,
): Promise<SourceFiles> {
  if (located.kind === 'stored') {
    const labels = located.objects.map(({ key }) => key);
    const found = formatOf(labels, format);
    const objects = await fetchMutable(located.objects, deps, signal);
    return {
      files: objects.map(({ path }) => path),
      labels,
      md5s: objects.map(({ md5 }) => md5),
      format: found,
      watched: [],
    };
  }
  const labels = located.files.map(({ label }) => label);
  const found = formatOf(labels, format);
  const watched = await digestsOf(
    located.files.map(({ path }) => path),
    deps,
    signal,
  );
  return {
    files: watched.map(({ path }) => path),
    labels,
    md5s: watched.map(({ md5 }) => md5),
    format: found,
    watched,
  };
}
