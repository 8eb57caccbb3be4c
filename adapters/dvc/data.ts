/** What lies in files and folders, held against what is tracked of them: the work of `ratchet data add` and `status`. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { UserError } from '#contracts/failures.ts';
import type { DvcConfig } from './config.ts';
import type { DvcOut, Tracked } from './dvc-file.ts';
import { type Hashed, hashFiles } from './hashing.ts';
import { type Ignored, ignoredBelow } from './ignored.ts';
import { type ManifestEntry, manifestText } from './manifest.ts';
import { isThere, manifestIn, objectPath, objectsFolder, place, presentIn, scratchOf, writeObject } from './objects.ts';
import { readWorkspace } from './read-text.ts';
import { type ScannedFile, scanFolder } from './scan.ts';

/** Digests of files that did not change since, by path. It may be lost at any time. */
interface KnownDigests {
  read(paths: readonly string[]): Promise<Map<string, { stat: string; md5: string }>>;
  write(entries: ReadonlyMap<string, { stat: string; md5: string }>): Promise<void>;
}
export interface Repository {
  readonly root: string;
  readonly config: DvcConfig;
  readonly known: KnownDigests;
  readonly signal: AbortSignal;
  /** Is told how many files of how many are done. */
  progress(done: number, all: number): void;
}

/** A path that is tracked, and the file that says so. */
export interface TrackedPath {
  /** Absolute. */
  readonly path: string;
  /** The `.dvc` file, or the dvc.yaml, absolute. */
  readonly file: string;
  readonly out: DvcOut;
  /** The stage that made it, if one did. */
  readonly stage?: string;
}
interface Seen {
  readonly tracked: Omit<Tracked, 'path'>;
  /** Of a folder; null of a file. */
  readonly entries: readonly ManifestEntry[] | null;
}

/** A file may change once more within a tick of its file system's clock (FAT counts two seconds), unseen: such a digest is not kept. */
const SETTLED_MS = 2_500;

/**
 * What lies at a path. With `keep` its bytes are in the cache afterwards, read once.
 * @returns null when nothing is there
 */
export async function look(repository: Repository, path: string, keep: boolean): Promise<Seen | null> {
  const there = await stat(path).catch(() => null);
  if (!there) return null;
  if (there.isFile()) {
    const [hashed] = await digests(repository, [{ path, relpath: '' }], keep);
    if (!hashed) return null;
    const isexec = (there.mode & 0o100) !== 0;
    return { tracked: { md5: hashed.md5, size: hashed.bytes, ...(isexec ? { isexec } : {}) }, entries: null };
  }
  if (!there.isDirectory())
    throw new UserError('DataInvalid', `${relative(repository.root, path)} is neither a file nor a folder`);
  const files = await scanFolder(path, await ignoredAt(repository.root, path));
  const hashed = await digests(repository, files, keep);
  const entries = files.map(({ relpath }, index) => ({ md5: hashed[index]?.md5 ?? '', relpath }));
  const text = manifestText(entries);
  const md5 = `${createHash('md5').update(text).digest('hex')}.dir`;
  if (keep) await writeObject(objectPath(repository.config.cache, md5), text);
  const size = hashed.reduce((sum, { bytes }) => sum + bytes, 0);
  return { tracked: { md5, size, nfiles: files.length }, entries };
}

async function ignoredAt(root: string, path: string): Promise<Ignored> {
  if (relative(root, path).split(sep)[0] === '..') return ignoredBelow(dirname(path), readWorkspace);
  let ignored = await ignoredBelow(root, readWorkspace);
  let folder = root;
  for (const part of relative(root, dirname(path))
    .split(sep)
    .filter((each) => each !== '')) {
    folder = join(folder, part);
    ignored = await ignored.within(folder);
  }
  return ignored;
}

async function digests(
  repository: Repository,
  files: readonly ScannedFile[],
  keep: boolean,
): Promise<{ md5: string; bytes: number }[]> {
  const { known, config, signal, progress } = repository;
  const entries = await known.read(files.map(({ path }) => path));
  const now = await statsOf(files);
  const found = files.map(({ path }, index) => {
    const entry = entries.get(path);
    return entry && entry.stat === now[index]?.stat ? { md5: entry.md5, bytes: now[index]?.bytes ?? 0 } : null;
  });
  const digests = found.flatMap((each) => each?.md5 ?? []);
  const isPresent = keep ? await presentIn(config.cache, digests) : () => true;
  const cached = found.map((each) => each !== null && isPresent(each.md5));
  const jobs = files.flatMap(({ path }, index) => (cached[index] ? [] : [{ path, index }]));
  const started = Date.now();
  const hashed = await hashFiles(
    jobs.map(({ path }) => ({ path, cache: keep ? objectsFolder(config.cache) : null })),
    signal,
    (done) => progress(done, jobs.length),
  );
  const fresh = new Map<string, { stat: string; md5: string }>();
  for (const [at, { path, index }] of jobs.entries()) {
    const { md5, bytes, stat: seen, touched } = hashed[at] as Hashed;
    found[index] = { md5, bytes };
    if (started - touched > SETTLED_MS) fresh.set(path, { stat: seen, md5 });
  }
  if (fresh.size > 0) await known.write(fresh);
  return found.map((each) => each ?? { md5: '', bytes: 0 });
}

/** Of so many at a time: a call that waits costs ten times one that does not. */
const STATS_AT_ONCE = 256;

async function statsOf(files: readonly ScannedFile[]): Promise<{ stat: string; bytes: number }[]> {
  const all: { stat: string; bytes: number }[] = [];
  for (const [at, { path }] of files.entries()) {
    if (at % STATS_AT_ONCE === STATS_AT_ONCE - 1) await setImmediate();
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!found) throw new UserError('DataInvalid', `${path} is not there any more`);
    all.push({
      stat: [found.size, found.mtimeNs, found.ctimeNs, found.ino, found.dev].join(' '),
      bytes: Number(found.size),
    });
  }
  return all;
}

/** As DVC says it; null: as tracked. */
export async function statusOf(
  repository: Repository,
  { path, out }: TrackedPath,
): Promise<'deleted' | 'modified' | 'new' | 'not in cache' | null> {
  const { cache } = repository.config;
  if (out.md5 !== undefined && out.cache !== false && !(await isWhole(cache, out.md5))) return 'not in cache';
  const seen = await look(repository, path, false);
  if (!seen) return 'deleted';
  if (out.md5 === undefined) return 'new';
  return seen.tracked.md5 === out.md5 ? null : 'modified';
}

/** Whether the cache has all of it. */
export async function isWhole(cache: string, md5: string): Promise<boolean> {
  if (!md5.endsWith('.dir')) return isThere(objectPath(cache, md5));
  const entries = await manifestIn(cache, md5);
  if (!entries) return false;
  const isPresent = await presentIn(
    cache,
    entries.map((entry) => entry.md5),
  );
  return entries.every((entry) => isPresent(entry.md5));
}

/** Where the configuration wants links, what was added becomes one. */
export async function placeAgain(repository: Repository, path: string, { tracked, entries }: Seen): Promise<void> {
  const { links, cache } = repository.config;
  if (links[0] !== 'hardlink' && links[0] !== 'symlink') return;
  const ways = [...links];
  for (const { md5, relpath } of entries ?? [{ md5: tracked.md5, relpath: '' }])
    await place(objectPath(cache, md5), join(path, relpath), ways, tracked.isexec ?? false, scratchOf(repository.root));
}
