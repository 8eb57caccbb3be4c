/** A source's immutable snapshot: one Parquet file in the store, by its MD5. */

import { join } from 'node:path';
import { DatasetRef } from '#contracts/data.ts';
import { canonicalJson } from '#contracts/json.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { ReadingOptions, Tables } from '#ports/tables.ts';
import { sha256 } from '../sha256.ts';
import type { DatasetCache } from './dataset-cache.ts';
import { assertUnchanged } from './file-digests.ts';
import { createSmallIndex } from './small-index.ts';
import type { SourceFiles } from './source/files.ts';
import { isStored } from './stored-file.ts';

export interface SnapshotOptions extends ReadingOptions {
  readonly before?: { readonly column: string; readonly time: number } | undefined;
}

/** Count up when the same source would give other bytes than before: another DuckDB, another way of writing. */
const SNAPSHOT_VERSION = 2;

export interface SnapshotDependencies {
  readonly store: Pick<ObjectStore, 'head' | 'key' | 'list'>;
  readonly tables: Pick<Tables, 'snapshot'>;
  readonly cache: DatasetCache;
  readonly cacheFolder: string;
}

/**
 * The snapshot of files with these bytes, read with these options: an earlier one when the store still has it.
 * @returns with notes of reading; none of a snapshot that was there
 * @param workdir for the file until it is stored
 */
export async function snapshotOf(
  source: SourceFiles,
  options: SnapshotOptions,
  deps: SnapshotDependencies,
  workdir: string,
  signal?: AbortSignal,
): Promise<{ ref: DatasetRef; reused: boolean; notes: readonly string[] }> {
  const index = createSmallIndex(join(deps.cacheFolder, 'sources', 'snapshots'), DatasetRef);
  // What a folder's name says is part of the table only where it is asked for.
  const labels = options.hivePartitions ? source.labels : undefined;
  const key = canonicalJson({
    version: SNAPSHOT_VERSION,
    md5s: source.md5s,
    format: source.format,
    labels,
    ...options,
  });
  const known = await index.read(key);
  if (known && (await isStored(deps.store, deps.store.key(known.uri), known.bytes)))
    return { ref: known, reused: true, notes: [] };

  const to = join(workdir, `snapshot-${sha256(key).slice(0, 16)}.parquet`);
  const facts = await deps.tables.snapshot(
    { files: source.files, labels: source.labels, format: source.format, ...options, to },
    signal,
  );
  // Otherwise the index would tie the new bytes to the old file's digest.
  await assertUnchanged(source.watched);
  const { uri } = await deps.cache.keep(to, facts.md5, signal);
  const ref: DatasetRef = {
    kind: 'dataset',
    uri,
    digest: `md5:${facts.md5}`,
    format: 'parquet',
    rows: facts.rows,
    bytes: facts.bytes,
    columns: [...facts.columns],
  };
  await index.write(key, ref);
  return { ref, reused: false, notes: facts.notes ?? [] };
}
