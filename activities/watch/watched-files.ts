/**
 * The files behind a watched source and what was counted of them. Listed each time, read once: a file is read again only
 * when it is another one than before (its bytes' version says so).
 */
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { type Json, jsonBytes } from '#contracts/json.ts';
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
        const { size, ctime } = await stat(path);
        const version = `${size}-${ctime.getTime()}`;
        return { label, source: path, version, partition: `${label}@${version}`, changed: ctime.toISOString() };
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

function shared(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

/** Files whose figures are remembered, the newest, and the bytes of JSON that they may take; all older ones count as counted. */
const REMEMBERED = 100;
const REMEMBERED_BYTES = 32 * 1024;

const Mark = z.object({
  /** label → version, rows, the time of its last row, and the digest of its rows (absent in marks of before). */
  files: z
    .record(
      z.string(),
      z.union([
        z.tuple([z.string(), z.number(), z.string().nullable(), z.string()]),
        z.tuple([z.string(), z.number(), z.string().nullable()]),
      ]),
    )
    .default({}),
  /** Files that were there until then are counted, remembered or not. */
  until: z.string().default(''),
  /** Moves of the model's ledger. */
  epoch: z.number().nullable().default(null),
});
export type WatchMark = z.output<typeof Mark>;

export const readMark = (mark: Json): WatchMark => Mark.parse(Mark.safeParse(mark ?? {}).data ?? {});

/** Those that were not counted as they are now. */
export function uncounted(files: readonly WatchedFile[], mark: WatchMark): WatchedFile[] {
  return files.filter(({ label, version, changed }) => {
    const known = mark.files[label];
    return known ? known[0] !== version : changed >= mark.until;
  });
}

/** Labels that were counted and whose file is there no more. */
export function goneSince(files: readonly WatchedFile[], mark: WatchMark): string[] {
  const there = new Set(files.map(({ label }) => label));
  return Object.keys(mark.files).filter((label) => !there.has(label));
}

/** The mark after counting; `counted` by label. */
export function remembered(
  mark: WatchMark,
  counted: ReadonlyMap<string, { file: WatchedFile; rows: number; last: string | null; digest: string }>,
  gone: readonly string[],
): Pick<WatchMark, 'files' | 'until'> {
  const all = { ...mark.files };
  for (const label of gone) delete all[label];
  const byTime = [...counted].sort(([, a], [, b]) => (a.file.changed < b.file.changed ? -1 : 1));
  for (const [label, { file, rows, last, digest }] of byTime) {
    delete all[label];
    all[label] = [file.version, rows, last, digest];
  }
  const entries = Object.entries(all);
  let kept = entries.slice(-REMEMBERED);
  while (kept.length > 1 && jsonBytes(kept) > REMEMBERED_BYTES) kept = kept.slice(1);
  const dropped = entries.length > kept.length;
  // Only when some are forgotten must their time stand for them.
  const newest = [mark.until, ...[...counted.values()].map(({ file }) => file.changed)].toSorted().at(-1) ?? '';
  return { files: Object.fromEntries(kept), until: dropped || mark.until !== '' ? newest : '' };
}
