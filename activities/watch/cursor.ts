/**
 * What the watch has counted. A file is read again only when it is another one than before (its bytes' version says so),
 * and none is known by its time alone: one whose time is older than the last look may have come after it. So every file
 * that was counted is remembered, by its name: few of them in the cursor itself, which the loop keeps in its history, and
 * more in the store, where the cursor says.
 */

import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { type Json, jsonBytes } from '#contracts/json.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import { sha256 } from '../sha256.ts';
import type { CountedFile, WatchedFile } from './watched-files.ts';

/** Files whose figures are in the cursor itself, the newest, and the bytes of JSON that they may take. */
const INLINE = 100;
const INLINE_BYTES = 32 * 1024;
/** Names of which former versions are remembered, the newest, and how many of each. */
const FORMER = 1_000;
const FORMER_VERSIONS = 8;
/** How long the list of an earlier look is kept in the store: a look that is repeated reads it again. */
const KEPT_MS = 7 * 86_400_000;
/** Bytes of all lists of a pipeline beyond which the oldest go sooner, but none that an attempt of a look could still begin with. */
const MOST_BYTES = 256 * 1024 * 1024;
const NEEDED_MS = 86_400_000 / 2;

/** version, rows (null: it was counted, nobody knows any more with how many), the time of its last row, the digest of its rows (absent or '': not known). */
const Known = z.union([
  z.tuple([z.string(), z.number().nullable(), z.string().nullable(), z.string()]),
  z.tuple([z.string(), z.number().nullable(), z.string().nullable()]),
]);
const Files = z.record(z.string(), Known);
/** Versions that a name had before: of these the loop was told, and takes nothing of the same name twice. */
const Former = z.record(z.string(), z.array(z.string()));

const Cursor = z.object({
  files: Files.default({}),
  /** Time of the newest file that was counted: stands for those that are not named where there is no list of them. */
  until: z.string().default(''),
  former: Former.default({}),
  /** Where the list of all files lies; null: the cursor names them all, or is one of before. */
  all: z.object({ uri: z.string(), digest: z.string() }).nullable().default(null),
  /** Looks at which something had changed. */
  changes: z.number().default(0),
  /** Files of the last look that may still be growing. */
  growing: z.array(z.string()).default([]),
  /** Moves of the model's ledger. */
  epoch: z.number().nullable().default(null),
  /** Finds of stages and aliases that were set by hand, by the ledger's numbers. */
  byHand: z.number().default(0),
});
export type WatchCursor = z.output<typeof Cursor>;
/** All that was counted, wherever it is kept. */
export type WatchMemory = Pick<WatchCursor, 'files' | 'until' | 'former' | 'changes' | 'growing'> & {
  /** Set when the list in the store is lost: what the memory cannot know. */
  readonly lost?: string;
};

export const readCursor = (cursor: Json): WatchCursor => Cursor.parse(Cursor.safeParse(cursor ?? {}).data ?? {});

const List = z.object({ files: Files, former: Former });

/** The cursor with what it keeps in the store. A list that is gone or damaged is told by `lost`; files count by their time then. */
export async function readMemory(store: Pick<ObjectStore, 'get' | 'key'>, raw: Json): Promise<WatchMemory> {
  const { all, ...cursor } = readCursor(raw);
  if (!all) return cursor;
  const body = await store.get(store.key(all.uri));
  const text = body && (await promisify(gunzip)(body).catch(() => null));
  if (!text || sha256(text) !== all.digest)
    return {
      ...cursor,
      lost: `the list of counted files ${all.uri} is ${body ? 'damaged' : 'gone'}: of files that the cursor does not name, those until ${cursor.until} count as counted`,
    };
  // The list is whole: no time stands for files that are not in it.
  return { ...cursor, ...List.parse(JSON.parse(text.toString('utf8'))), until: '' };
}

/** Those that were not counted as they are now. */
export function uncounted(files: readonly WatchedFile[], { files: known, until }: WatchMemory): WatchedFile[] {
  return files.filter(({ label, version, changed }) => {
    const before = own(known, label);
    return before ? before[0] !== version : changed >= until;
  });
}

/** Labels that were counted and whose file is there no more. */
export function goneSince(files: readonly WatchedFile[], memory: WatchMemory): string[] {
  const there = new Set(files.map(({ label }) => label));
  return Object.keys(memory.files).filter((label) => !there.has(label));
}

/**
 * The memory after a look.
 * @param there all files of the look: those that a cursor of before counted without naming them are named from here on
 */
export function remembered(
  memory: WatchMemory,
  there: readonly WatchedFile[],
  counted: ReadonlyMap<string, CountedFile>,
  gone: readonly string[],
): WatchMemory {
  const former = new Map(Object.entries(memory.former));
  const leave = (label: string, version: string) => {
    const versions = [...(former.get(label) ?? []).filter((each) => each !== version), version];
    former.delete(label);
    former.set(label, versions.slice(-FORMER_VERSIONS));
  };
  const files = new Map<string, z.output<typeof Known>>();
  for (const { label, version, changed } of there)
    if (!own(memory.files, label) && changed < memory.until) files.set(label, [version, null, null, '']);
  for (const [label, known] of Object.entries(memory.files)) files.set(label, known);
  for (const label of gone) {
    leave(label, files.get(label)?.[0] ?? '');
    files.delete(label);
  }
  // The newest last.
  for (const { file, rows, last, digest } of byTime(counted.values())) {
    const { label } = file;
    const before = files.get(label);
    if (before && before[0] !== file.version) leave(label, before[0]);
    files.delete(label);
    files.set(label, [file.version, rows, last, digest]);
  }
  return {
    files: Object.fromEntries(files),
    former: Object.fromEntries([...former].slice(-FORMER)),
    until: '',
    changes: memory.changes + 1,
    growing: memory.growing,
  };
}

/** The newest last; of one time in the order of their names. */
export const byTime = (counted: Iterable<CountedFile>): CountedFile[] =>
  [...counted].sort(({ file: a }, { file: b }) => compare(a.changed, b.changed) || compare(a.label, b.label));
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The parts of the cursor that the loop is to keep: bounded, whatever was counted. */
export async function keepMemory(
  store: Pick<ObjectStore, 'put' | 'uri' | 'key' | 'list' | 'delete'>,
  pipeline: string,
  memory: WatchMemory,
  /** `before`: the cursor of before; `until`: the time of the newest file. */
  { before, now, until }: { before: Json; now: number; until: string },
): Promise<Record<string, Json>> {
  const { files, former, changes, growing } = memory;
  const entries = Object.entries(files);
  if (entries.length <= INLINE && jsonBytes({ files, former }) <= INLINE_BYTES)
    return { files: Object.fromEntries(entries) as Json, former, until: '', all: null, changes, growing };
  const text = Buffer.from(JSON.stringify({ files, former }));
  const digest = sha256(text);
  const key = storeKey.watched(pipeline, digest);
  await store.put(key, await promisify(gzip)(text), 'application/gzip');
  await removeOld(store, pipeline, [key, keyOf(store, before)], now);
  // Enough to go on with when the list is lost.
  let kept = entries.filter(([, [, rows]]) => rows !== null).slice(-INLINE);
  while (kept.length > 1 && jsonBytes(kept) > INLINE_BYTES) kept = kept.slice(1);
  return {
    files: Object.fromEntries(kept) as Json,
    former: {},
    until,
    all: { uri: store.uri(key), digest },
    changes,
    growing,
  };
}

async function removeOld(
  store: Pick<ObjectStore, 'list' | 'delete'>,
  pipeline: string,
  needed: readonly (string | null)[],
  now: number,
): Promise<void> {
  const lists: { key: string; age: number; bytes: number }[] = [];
  for await (const { key, modified, bytes } of store.list(storeKey.watched(pipeline, '')))
    lists.push({ key, age: now - modified.getTime(), bytes });
  let bytes = lists.reduce((sum, each) => sum + each.bytes, 0);
  for (const each of lists.sort((a, b) => b.age - a.age)) {
    const old = each.age > KEPT_MS || (bytes > MOST_BYTES && each.age > NEEDED_MS);
    if (!old || needed.includes(each.key)) continue;
    await store.delete(each.key);
    bytes -= each.bytes;
  }
}

function keyOf(store: Pick<ObjectStore, 'key'>, raw: Json): string | null {
  const { all } = readCursor(raw);
  return all && store.key(all.uri);
}

/** A file may be called `constructor`. */
const own = <T>(of: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(of, name) ? of[name] : undefined;
