/** What is tracked of files and folders, held against what lies there: the work of `ratchet data add`, `status` and `checkout`. */
import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { DvcConfig } from './config.ts';
import { type DvcFile, type DvcOut, readDvcFile, type Tracked } from './dvc-file.ts';
import { type Hashed, hashFiles } from './hashing.ts';
import { type Ignored, ignoredBelow } from './ignored.ts';
import { type ManifestEntry, manifestText } from './manifest.ts';
import { isThere, manifestIn, objectPath, objectsFolder, place, writeObject } from './objects.ts';
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
  /** The `.dvc` file, absolute. */
  readonly file: string;
  readonly out: DvcOut;
}
interface Seen {
  readonly tracked: Omit<Tracked, 'path'>;
  /** Of a folder; null of a file. */
  readonly entries: readonly ManifestEntry[] | null;
}

/** A file may change once more within a tick of its file system's clock (FAT counts two seconds), unseen: such a digest is not kept. */
const SETTLED_MS = 2_500;

/** @returns all that `.dvc` files of the repository track, by their names. @throws UserError DataInvalid for a file that is none */
export async function trackedPaths(root: string): Promise<TrackedPath[]> {
  const found = await dvcFilesBelow(root, await ignoredBelow(root), root);
  const all: TrackedPath[] = [];
  for (const file of found.sort()) {
    const read: DvcFile = readDvcFile(await readFile(file, 'utf8'), relative(root, file));
    const folder = read.wdir === undefined ? dirname(file) : join(dirname(file), read.wdir);
    for (const out of read.outs) {
      const path = join(folder, out.path);
      if (relative(root, path).split(sep)[0] === '..')
        throw new UserError('DataInvalid', `${relative(root, file)}: wdir leads out of the repository`);
      all.push({ path, file, out });
    }
  }
  return all;
}

async function dvcFilesBelow(folder: string, ignored: Ignored, root: string): Promise<string[]> {
  const own = folder === root ? ignored : await ignored.within(folder);
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.dvc') && entry.name !== '.dvc')
    .map(({ name }) => join(folder, name));
  // A folder that is tracked holds data alone.
  const data = new Set(files.map((file) => file.slice(0, -'.dvc'.length)));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !data.has(path) && !own.has(path, true))
      files.push(...(await dvcFilesBelow(path, own, root)));
  }
  return files.filter((file) => !own.has(file, false));
}

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
  let ignored = await ignoredBelow(root);
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
  const now = await Promise.all(files.map(({ path }) => statOf(path)));
  const found = files.map(({ path }, index) => {
    const entry = entries.get(path);
    return entry && entry.stat === now[index]?.stat ? { md5: entry.md5, bytes: now[index]?.bytes ?? 0 } : null;
  });
  const cached = keep
    ? await Promise.all(found.map((each) => each !== null && isThere(objectPath(config.cache, each.md5))))
    : found.map((each) => each !== null);
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

async function statOf(path: string): Promise<{ stat: string; bytes: number }> {
  const found = await stat(path, { bigint: true });
  return {
    stat: [found.size, found.mtimeNs, found.ctimeNs, found.ino, found.dev].join(' '),
    bytes: Number(found.size),
  };
}

/** On the file system of the data, and none of it. */
const scratchOf = (root: string): string => join(root, '.dvc', 'tmp', 'ratchet', 'placing');

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

async function isWhole(cache: string, md5: string): Promise<boolean> {
  if (!md5.endsWith('.dir')) return isThere(objectPath(cache, md5));
  const entries = await manifestIn(cache, md5);
  if (!entries) return false;
  const there = await Promise.all(
    [...new Set(entries.map((entry) => entry.md5))].map((each) => isThere(objectPath(cache, each))),
  );
  return there.every(Boolean);
}

/**
 * Makes what lies at a path what is tracked of it. What is there and in no cache is lost by it, and refused unless `force`.
 * @returns how many files were put, and removed
 * @throws UserError DataInvalid for what is not in the cache; InvalidInput for changes that would be lost
 */
export async function checkOut(
  repository: Repository,
  { path, out }: TrackedPath,
  force: boolean,
): Promise<{ placed: number; removed: number }> {
  const { config, root } = repository;
  if (out.md5 === undefined || out.cache === false) return { placed: 0, removed: 0 };
  const wanted = await objectsOf(config.cache, out.md5);
  const missing = [...wanted.values()].find((each) => each.absent);
  if (wanted.size === 0 && out.md5.endsWith('.dir') && !(await isThere(objectPath(config.cache, out.md5))))
    throw notCached(relative(root, path));
  if (missing) throw notCached(join(relative(root, path), missing.relpath));
  const seen = await look(repository, path, false);
  if (seen?.tracked.md5 === out.md5) return { placed: 0, removed: 0 };
  const there = new Map<string, string>(
    seen === null
      ? []
      : seen.entries
        ? seen.entries.map(({ relpath, md5 }) => [relpath, md5])
        : [['', seen.tracked.md5]],
  );
  const isFolder = out.md5.endsWith('.dir');
  if (seen && (seen.entries !== null) !== isFolder && !force)
    throw new UserError(
      'InvalidInput',
      `${relative(root, path)} is ${isFolder ? 'a file, and a folder' : 'a folder, and a file'} is tracked: move it away, or use --force`,
    );
  const gone = [...there].filter(([relpath, md5]) => wanted.get(relpath)?.md5 !== md5);
  for (const [relpath, md5] of gone)
    if (!force && !(await isThere(objectPath(config.cache, md5))))
      throw new UserError(
        'InvalidInput',
        `${join(relative(root, path), relpath)} has changed and is in no cache: \`ratchet data add ${relative(root, path)}\` keeps it, --force loses it`,
      );
  const placed = [...wanted].filter(([relpath, { md5 }]) => there.get(relpath) !== md5);
  const removed = gone.filter(([relpath]) => !wanted.has(relpath));
  // Before anything is changed.
  const touched = [...placed, ...removed].map(([relpath]) => dirname(join(path, relpath)));
  for (const folder of new Set(touched)) await refuseOutside(root, folder);
  if (seen && (seen.entries !== null) !== isFolder) await rm(path, { recursive: true, force: true });
  for (const [index, [relpath, { md5 }]] of placed.entries()) {
    repository.signal.throwIfAborted();
    await place(objectPath(config.cache, md5), join(path, relpath), config.links, out.isexec ?? false, scratchOf(root));
    repository.progress(index + 1, placed.length);
  }
  for (const [relpath] of removed) await rm(join(path, relpath), { force: true });
  return { placed: placed.length, removed: removed.length };
}

/** @throws UserError DataInvalid for a folder that a link leads out of the repository */
async function refuseOutside(root: string, folder: string): Promise<void> {
  let there = folder;
  while (!(await isThere(there)) && there !== root) there = dirname(there);
  const real = await realpath(there);
  const own = await realpath(root);
  if (real !== own && !real.startsWith(`${own}${sep}`))
    throw new UserError(
      'DataInvalid',
      `${relative(root, folder)} is behind a link that leads to ${real}, outside of the repository: remove the link`,
    );
}

/** Where the configuration wants links, what was added becomes one. */
export async function placeAgain(repository: Repository, path: string, { tracked, entries }: Seen): Promise<void> {
  const { links, cache } = repository.config;
  if (links[0] !== 'hardlink' && links[0] !== 'symlink') return;
  for (const { md5, relpath } of entries ?? [{ md5: tracked.md5, relpath: '' }])
    await place(
      objectPath(cache, md5),
      join(path, relpath),
      links,
      tracked.isexec ?? false,
      scratchOf(repository.root),
    );
}

const notCached = (path: string) =>
  new UserError('DataInvalid', `${path} is not in the cache: \`ratchet data pull\` brings it`);

/** Path in the folder ('' of a file) → its object. A folder whose manifest is not there has none. */
async function objectsOf(
  cache: string,
  md5: string,
): Promise<Map<string, { md5: string; relpath: string; absent: boolean }>> {
  const entries = md5.endsWith('.dir') ? ((await manifestIn(cache, md5)) ?? []) : [{ md5, relpath: '' }];
  const all = await Promise.all(
    entries.map(
      async (entry) => [entry.relpath, { ...entry, absent: !(await isThere(objectPath(cache, entry.md5))) }] as const,
    ),
  );
  return new Map(all);
}
