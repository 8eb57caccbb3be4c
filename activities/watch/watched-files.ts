/** The files behind a watched source, listed at each look. */
import { stat } from 'node:fs/promises';
import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import { cleanEtag, objectPartition } from '#contracts/partition.ts';
import type { RunContext } from '#contracts/run.ts';
import { type Located, locate, type StoredObject } from '../data/source/source.ts';
import type { ValidateDataDependencies } from '../data/validate-data.ts';

export interface WatchedFile {
  /** As the source names it. */
  label: string;
  /** The file alone, as a source: an absolute path, or `s3://…`. */
  source: string;
  /** What its rows count as: of an object what its event notification calls it, too. */
  partition: string;
  /** Another one for other bytes. */
  version: string;
  /** ISO: since when it is there, or like this. */
  changed: string;
  size: number;
  /** Of a local file: when it was last written to, in milliseconds. An object is there whole or not at all. */
  written?: number;
  /** Of an object: as it was listed. */
  object?: StoredObject;
}

const STATS_AT_ONCE = 32;

/** Everything that is there now; none when the source is not there yet. */
export async function listFiles(
  source: string,
  run: RunContext,
  deps: ValidateDataDependencies,
): Promise<WatchedFile[]> {
  const located = await locate(source, run, deps).catch((error) => {
    if (error instanceof UserError && error.type === 'DataInvalid') return null;
    throw error;
  });
  if (!located) return [];
  if (located.kind === 'local')
    return each(STATS_AT_ONCE, located.files, async ({ path, label }) => {
      // The change time, not the modification's: a file that is moved here keeps that of its old place.
      const { size, ctime, mtimeMs } = await stat(path);
      const version = versionOf(size, ctime);
      const changed = ctime.toISOString();
      return { label, source: path, version, partition: `${label}@${version}`, changed, size, written: mtimeMs };
    });
  const found: WatchedFile[] = [];
  for (const { key, listed = await facts(key, deps) } of located.objects) {
    if (!listed) continue;
    const { bytes, modified, etag } = listed;
    const source = deps.store.uri(key);
    const version = cleanEtag(etag) ?? `${bytes}-${modified.getTime()}`;
    found.push({
      ...{ label: key, source, version },
      partition: objectPartition(source, version),
      changed: modified.toISOString(),
      size: bytes,
      object: { key, listed },
    });
  }
  return found;
}

/** Of an object that was named outright; null when it is not there. */
async function facts(
  key: string,
  { store }: Pick<ValidateDataDependencies, 'store'>,
): Promise<StoredObject['listed'] | null> {
  for await (const { key: found, ...listed } of store.list(key)) if (found === key) return listed;
  return null;
}

/** As they were listed, for whoever reads them. */
export function locatedAs(files: readonly WatchedFile[]): Located {
  const objects = files.flatMap(({ object }) => (object ? [object] : []));
  return objects.length > 0
    ? { kind: 'stored', objects }
    : { kind: 'local', files: files.map(({ source: path, label }) => ({ path, label })) };
}

const versionOf = (size: number, changed: Date) => `${size}-${changed.getTime()}`;

/** Written to so shortly before a look, a file may be one that somebody is writing still. */
const SETTLED_MS = 5_000;

/** Why a file may be one that is still being written, after it was read; null when nothing says so. */
export async function growingBecause({ source, version, written }: WatchedFile, now: number): Promise<string | null> {
  if (written === undefined) return null;
  const after = await stat(source).catch(() => null);
  if (!after) return 'it was removed while it was read';
  if (versionOf(after.size, after.ctime) !== version) return 'it changed while it was read';
  // A time in the future says nothing.
  const ago = now - written;
  return Math.abs(ago) < SETTLED_MS ? `it was written to ${Math.max(0, ago / 1000).toFixed(1)} s before` : null;
}

export interface CountedFile {
  readonly file: WatchedFile;
  readonly rows: number;
  /** Time of its last row. */
  readonly last: string | null;
  /** Of the rows' bytes: the same rows written anew have the same. */
  readonly digest: string;
}
