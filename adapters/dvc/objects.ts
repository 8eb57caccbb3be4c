/** The cache: objects by MD5, as DVC lays them out, and how they come into the workspace. */
import { randomBytes } from 'node:crypto';
import {
  chmod,
  constants,
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { LinkType } from './config.ts';
import { type ManifestEntry, readManifest } from './manifest.ts';

/** Below the cache, and below a remote. */
export const objectKey = (md5: string): string => `files/md5/${md5.slice(0, 2)}/${md5.slice(2)}`;
export const objectsFolder = (cache: string): string => join(cache, 'files', 'md5');
export const objectPath = (cache: string, md5: string): string => join(cache, objectKey(md5));

/** On the file system of the data, and none of it. @param root of the repository */
export const scratchOf = (root: string): string => join(root, '.dvc', 'tmp', 'ratchet', 'placing');

export const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;

/** More than these are looked up in listings of their folders, of which there are 256. */
const LISTED = 500;

/** Which of these the cache has. */
export async function presentIn(cache: string, md5s: readonly string[]): Promise<(md5: string) => boolean> {
  if (md5s.length <= LISTED) {
    const there = await Promise.all(md5s.map(async (md5) => ((await isThere(objectPath(cache, md5))) ? [md5] : [])));
    const found = new Set(there.flat());
    return (md5) => found.has(md5);
  }
  const base = objectsFolder(cache);
  const found = new Set<string>();
  for (const prefix of new Set(md5s.map((md5) => md5.slice(0, 2))))
    for (const name of await readdir(join(base, prefix)).catch(() => [])) found.add(prefix + name);
  return (md5) => found.has(md5);
}

/** Whole or not at all, read-only. */
export async function writeObject(path: string, text: string): Promise<void> {
  if (await isThere(path)) return;
  await mkdir(dirname(path), { recursive: true });
  await atomically(path, async (partial) => {
    await writeFile(partial, text);
    await chmod(partial, 0o444);
  });
}

/** Null: it is not in the cache. @throws UserError DataInvalid for a damaged one */
export async function manifestIn(cache: string, md5: string): Promise<ManifestEntry[] | null> {
  const text = await readFile(objectPath(cache, md5), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : readManifest(text, md5);
}

/**
 * Puts an object where its data belongs, by the first way that this file system has.
 * @param links in their order; one that is not open between these two places is taken out of it, so that the next file does not try it again
 * @param scratch a folder beside the data, for what is not whole yet: in the data itself, what a killed one left would count as data
 */
export async function place(
  object: string,
  path: string,
  links: LinkType[],
  isExecutable: boolean,
  scratch: string,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  let last: unknown = null;
  for (const type of [...links]) {
    try {
      await atomically(path, (partial) => linked(type, object, partial, isExecutable), scratch);
      return;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!NOT_SO.has(code) && !NOT_THIS.has(code)) throw told(error, path);
      if (NOT_SO.has(code) && links.includes(type) && links.length > 1) links.splice(links.indexOf(type), 1);
      last = error;
    }
  }
  throw told(last, path);
}

/** This way is not open between these two places; another one may be. */
const NOT_SO = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOTTY', 'ENOSYS']);
/** Nor for this file. */
const NOT_THIS = new Set(['EPERM', 'EMLINK']);

async function linked(type: LinkType, object: string, partial: string, isExecutable: boolean): Promise<void> {
  if (type === 'hardlink') return link(object, partial);
  if (type === 'symlink') return symlink(object, partial);
  await copyFile(object, partial, type === 'reflink' ? constants.COPYFILE_FICLONE_FORCE : 0);
  await chmod(partial, isExecutable ? 0o755 : 0o644);
}

async function atomically(
  path: string,
  write: (partial: string) => Promise<void>,
  scratch = dirname(path),
): Promise<void> {
  await mkdir(scratch, { recursive: true });
  const partial = join(scratch, `.${randomBytes(8).toString('hex')}.partial`);
  try {
    await write(partial);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

function told(error: unknown, path: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new UserError('OutsideRefused', `the disk is full (${path}): free some space, and run it again`);
  if (code === 'EACCES' || code === 'EROFS')
    return new UserError('DataInvalid', `${path} cannot be written: ${message}`);
  return error;
}
