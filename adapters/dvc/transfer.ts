/** Objects between the cache and a remote: files before the manifest that names them, so that a manifest that is there is whole. */
import { randomBytes } from 'node:crypto';
import { access, chmod, copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import type { Repository, TrackedPath } from './data.ts';
import { hashFiles } from './hashing.ts';
import { isThere, manifestIn, objectKey, objectPath } from './objects.ts';

export interface Remote {
  /** As its owner wrote it. */
  readonly at: string;
  /** Which of these keys are there, whole as far as a listing says. */
  present(keys: readonly string[], signal: AbortSignal): Promise<Set<string>>;
  /** Keys below a prefix. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<string>;
  /** Whole or not at all. */
  put(path: string, key: string, signal: AbortSignal): Promise<void>;
  /** @throws UserError when it is not there */
  get(key: string, path: string, signal: AbortSignal): Promise<void>;
}

const AT_ONCE = 16;
/** Objects that are verified and named together: what one who is killed has to fetch again. */
const TOGETHER = 1_000;

/** An object, and the path that people know it by. */
interface Wanted {
  readonly md5: string;
  readonly name: string;
}

/** @returns how many objects went. @throws UserError DataInvalid for data that is neither in the cache nor in the remote, ArtifactDamaged for a damaged object */
export async function push(repository: Repository, tracked: readonly TrackedPath[], remote: Remote): Promise<number> {
  const { root, config, signal } = repository;
  const own = tracked.filter(({ out }) => out.md5 !== undefined && out.push !== false && out.cache !== false);
  const manifests: Wanted[] = [];
  const files: Wanted[] = [];
  for (const { path, out } of own) {
    const name = relative(root, path);
    const md5 = out.md5 ?? '';
    if (!md5.endsWith('.dir')) files.push({ md5, name });
    else {
      manifests.push({ md5, name });
      for (const entry of (await manifestIn(config.cache, md5)) ?? [])
        files.push({ md5: entry.md5, name: join(name, entry.relpath) });
    }
  }
  let sent = 0;
  for (const some of [files, manifests]) {
    const missing = await absentFrom(remote, unique(some), signal);
    for (const { md5, name } of missing)
      if (!(await isThere(objectPath(config.cache, md5))))
        throw new UserError(
          'DataInvalid',
          `${name} is neither in the cache nor in ${remote.at}: \`ratchet data add\` it again, or pull it from where it is`,
        );
    await verified(
      missing.map(({ md5 }) => ({ path: objectPath(config.cache, md5), md5 })),
      signal,
    );
    await each(AT_ONCE, missing, async ({ md5 }) => {
      await remote.put(objectPath(config.cache, md5), objectKey(md5), signal);
      sent += 1;
      repository.progress(sent, missing.length);
    });
  }
  return sent;
}

/**
 * @param whatIsThere true: what the remote does not have is left out, not told
 * @returns how many objects came into the cache; each is what its name says. @throws UserError DataInvalid, ArtifactDamaged
 */
export async function fetchObjects(
  repository: Repository,
  tracked: readonly TrackedPath[],
  remote: Remote,
  whatIsThere = false,
): Promise<number> {
  const { root, config } = repository;
  const own = tracked.filter(({ out }) => out.md5 !== undefined && out.cache !== false);
  const old = own.find(({ out }) => out.hash === undefined);
  if (old)
    throw new UserError(
      'DataInvalid',
      `${relative(root, old.file)} was written by DVC 2, whose digests are of other bytes: \`dvc cache migrate --dvc-files\` rewrites it`,
    );
  const firsts = own.map(({ path, out }) => ({ md5: out.md5 ?? '', name: relative(root, path) }));
  let came = await bring(repository, remote, firsts, whatIsThere);
  const inside: Wanted[] = [];
  for (const { md5, name } of firsts)
    if (md5.endsWith('.dir'))
      for (const entry of (await manifestIn(config.cache, md5)) ?? [])
        inside.push({ md5: entry.md5, name: join(name, entry.relpath) });
  came += await bring(repository, remote, inside, whatIsThere);
  return came;
}

async function bring(
  { config, signal, progress }: Repository,
  remote: Remote,
  wanted: readonly Wanted[],
  whatIsThere: boolean,
): Promise<number> {
  const sought: Wanted[] = [];
  for (const each of unique(wanted)) if (!(await isThere(objectPath(config.cache, each.md5)))) sought.push(each);
  const absent = await absentFrom(remote, sought, signal);
  const missing = sought.filter((each) => !absent.includes(each));
  if (absent[0] && !whatIsThere)
    throw new UserError(
      'DataInvalid',
      `${absent[0].name} is not in ${remote.at}${absent.length > 1 ? `, nor are ${absent.length - 1} others` : ''}: push it from where it is`,
    );
  const incoming = join(config.cache, `.incoming-${randomBytes(8).toString('hex')}`);
  await mkdir(incoming, { recursive: true });
  let done = 0;
  try {
    for (let from = 0; from < missing.length; from += TOGETHER) {
      const some = missing.slice(from, from + TOGETHER);
      await each(AT_ONCE, some, async ({ md5 }) => {
        await remote.get(objectKey(md5), join(incoming, md5), signal);
        done += 1;
        progress(done, missing.length);
      });
      await verified(
        some.map(({ md5, name }) => ({ path: join(incoming, md5), md5, name: `${name} in ${remote.at}` })),
        signal,
      );
      await each(AT_ONCE, some, async ({ md5 }) => {
        await chmod(join(incoming, md5), 0o444);
        await mkdir(dirname(objectPath(config.cache, md5)), { recursive: true });
        await rename(join(incoming, md5), objectPath(config.cache, md5));
      });
    }
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
  return missing.length;
}

/** @throws UserError ArtifactDamaged for one whose bytes are others */
async function verified(
  objects: readonly { path: string; md5: string; name?: string }[],
  signal: AbortSignal,
): Promise<void> {
  const hashed = await hashFiles(
    objects.map(({ path }) => ({ path, cache: null })),
    signal,
  );
  for (const [index, { path, md5, name }] of objects.entries())
    if (`${hashed[index]?.md5}` !== md5.slice(0, 32))
      throw new UserError(
        'ArtifactDamaged',
        `${name ?? path} is damaged: it should have the MD5 ${md5.slice(0, 32)}, and has ${hashed[index]?.md5}. Remove it, and bring it from where it is whole`,
      );
}

async function absentFrom(remote: Remote, wanted: readonly Wanted[], signal: AbortSignal): Promise<Wanted[]> {
  if (wanted.length === 0) return [];
  const there = await remote.present(
    wanted.map(({ md5 }) => objectKey(md5)),
    signal,
  );
  return wanted.filter(({ md5 }) => !there.has(objectKey(md5)));
}

const unique = (wanted: readonly Wanted[]): Wanted[] =>
  [...new Map(wanted.toReversed().map((each) => [each.md5, each])).values()].reverse();

/** A folder of this machine, or one that is mounted. */
export function folderRemote(folder: string): Remote {
  return {
    at: folder,
    async present(keys) {
      const there = new Set<string>();
      await each(AT_ONCE, keys, async (key) => {
        if ((await stat(join(folder, key)).catch(() => null))?.isFile()) there.add(key);
      });
      return there;
    },
    async *list(prefix, signal) {
      const entries = await readdir(join(folder, prefix), { recursive: true, withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        signal.throwIfAborted();
        if (entry.isFile()) yield relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
      }
    },
    async put(path, key, signal) {
      signal.throwIfAborted();
      const to = join(folder, key);
      const partial = join(dirname(to), `.${randomBytes(8).toString('hex')}.partial`);
      try {
        await mkdir(dirname(to), { recursive: true });
        await copyFile(path, partial);
        await rename(partial, to);
      } catch (error) {
        throw refused(error, folder);
      } finally {
        await rm(partial, { force: true });
      }
    },
    async get(key, path, signal) {
      signal.throwIfAborted();
      await access(join(folder, key)).catch((error) => {
        throw refused(error, folder);
      });
      await copyFile(join(folder, key), path);
    },
  };
}

function refused(error: unknown, folder: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new UserError(
      'OutsideRefused',
      `the remote ${folder} is full (${message}): free some space, and run it again`,
    );
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR')
    return new UserError('OutsideRefused', `the remote ${folder} refuses (${message})`);
  return error;
}
