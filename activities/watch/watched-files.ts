/** The files behind a watched source, listed at each look. */
import { stat } from 'node:fs/promises';
import { UserError } from '#contracts/failures.ts';
import { cleanEtag, objectPartition } from '#contracts/partition.ts';
import type { RunContext } from '#contracts/run.ts';
import { locate } from '../data/source.ts';
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
  /** Of a local file: when it was last written to, in milliseconds. An object is there whole or not at all. */
  written?: number;
}

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
    return Promise.all(
      located.files.map(async ({ path, label }) => {
        // The change time, not the modification's: a file that is moved here keeps that of its old place.
        const { size, ctime, mtimeMs } = await stat(path);
        const version = versionOf(size, ctime);
        const changed = ctime.toISOString();
        return { label, source: path, version, partition: `${label}@${version}`, changed, written: mtimeMs };
      }),
    );
  const wanted = new Set(located.keys);
  const [first = ''] = located.keys;
  const prefix = located.keys.reduce(shared, first);
  const found: WatchedFile[] = [];
  for await (const { key, bytes, modified, etag } of deps.store.list(prefix)) {
    if (!wanted.has(key)) continue;
    const source = deps.store.uri(key);
    const version = cleanEtag(etag) ?? `${bytes}-${modified.getTime()}`;
    found.push({
      ...{ label: key, source, version },
      partition: objectPartition(source, version),
      changed: modified.toISOString(),
    });
  }
  return found;
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

function shared(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
