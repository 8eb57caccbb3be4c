/**
 * Local copies of stored files, `<cacheFolder>/files/md5/ab/cdef…`: addressed by their bytes, so never out of date.
 * Two processes may fill the same folder; a copy appears whole or not at all. Anything in it may be deleted at any
 * time when no run is at work.
 */
import { randomUUID } from 'node:crypto';
import { chmod, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArtifactDamaged, UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import { damagedCopies, storeFile } from './stored-file.ts';

interface StoredFile {
  readonly uri: string;
  /** `md5:` and 32 hex digits. */
  readonly digest: string;
  /** Checked where it is known. */
  readonly bytes?: number;
}

export interface DatasetCache {
  /**
   * Path of a local, read-only file with the bytes of `ref`: downloaded once, its MD5 checked. What lies here already is
   * checked once in a process, and again when the file was touched since.
   * @throws ArtifactDamaged when the store has it no more, or has other bytes: a copy of these is set aside, and whoever
   * made the file writes it over them when making it again
   */
  localFile(ref: StoredFile, signal?: AbortSignal): Promise<string>;
  /**
   * Moves a file that was just written into the store and the cache. Storing the same bytes twice is one upload, unless
   * somebody found other bytes under that name before.
   * @returns its URI
   */
  keep(path: string, md5: string, signal?: AbortSignal): Promise<{ uri: string; path: string }>;
}

export interface DatasetCacheDependencies {
  readonly store: Pick<ObjectStore, 'uri' | 'key' | 'head' | 'list' | 'download' | 'put' | 'upload'>;
  /** Hashes outside of the worker's event loop. */
  readonly tables: Pick<Tables, 'md5'>;
  /** `<root>/.ratchet/cache`; created. */
  readonly cacheFolder: string;
}

export function createDatasetCache({ store, tables, cacheFolder }: DatasetCacheDependencies): DatasetCache {
  /** Downloads under way in this process, by MD5. */
  const underway = new Map<string, Promise<string>>();
  const placeOf = (md5: string) => join(cacheFolder, storeKey.file(md5));

  async function trust(place: string): Promise<void> {
    if (checked.size >= MOST_CHECKED) checked.clear();
    checked.set(place, (await identityOf(place)) ?? '');
  }

  /** Removes a local file whose bytes are not what its name says. */
  async function isSound(place: string, md5: string, signal: AbortSignal | undefined): Promise<boolean> {
    const identity = await identityOf(place);
    if (identity === null) return false;
    if (checked.get(place) === identity) return true;
    const [found] = await tables.md5([place], signal);
    if (found !== md5) {
      await rm(place, { force: true });
      return false;
    }
    await trust(place);
    return true;
  }

  async function adopt(path: string, md5: string): Promise<string> {
    const place = placeOf(md5);
    await mkdir(dirname(place), { recursive: true });
    await chmod(path, 0o444);
    await move(path, place);
    await trust(place);
    return place;
  }

  async function download(ref: StoredFile, md5: string, signal: AbortSignal | undefined): Promise<string> {
    const place = placeOf(md5);
    const partial = `${place}.${randomUUID()}.partial`;
    await mkdir(dirname(place), { recursive: true });
    try {
      await fetched(ref, partial, signal);
      const [found] = await tables.md5([partial], signal);
      if (found === md5) return await adopt(partial, md5);
      const aside = await setAside(ref.uri, partial, signal);
      throw new ArtifactDamaged(
        ref.uri,
        `${ref.uri} holds other bytes than its reference says (MD5 ${found}, not ${md5}): it was changed or damaged in the store. ${aside} Run the pipeline again: the step that made it makes it anew.`,
      );
    } finally {
      await rm(partial, { force: true });
    }
  }

  async function fetched(ref: StoredFile, to: string, signal: AbortSignal | undefined): Promise<void> {
    const key = store.key(ref.uri);
    try {
      await store.download(key, to, signal);
    } catch (error) {
      if (!(error instanceof UserError) || error.type !== 'OutsideRefused' || (await store.head(key)) !== null)
        throw error;
      throw new ArtifactDamaged(ref.uri, error.message, { cause: error });
    }
  }

  /** What lay there is kept for whoever wants to know what happened to it, and is not trusted from then on. */
  async function setAside(uri: string, copy: string, signal: AbortSignal | undefined): Promise<string> {
    const key = store.key(uri);
    if (!/^files\/md5\//.test(key)) return '';
    const aside = `${damagedCopies(key)}.${randomUUID()}`;
    await store.upload(copy, aside, signal);
    return `A copy was set aside as ${store.uri(aside)}.`;
  }

  return {
    async localFile(ref, signal) {
      const md5 = /^md5:([0-9a-f]{32})$/.exec(ref.digest)?.[1];
      if (!md5)
        throw new UserError(
          'InvalidInput',
          `the digest of ${ref.uri} is "${ref.digest}"; files are addressed by "md5:" and 32 hex digits`,
        );
      const place = placeOf(md5);
      if (await isSound(place, md5, signal)) return place;
      const running = underway.get(md5);
      if (running) {
        // Another caller's download: its cancel is not ours.
        const shared = await running.catch(() => null);
        if (shared) return shared;
      }
      signal?.throwIfAborted();
      const mine = download(ref, md5, signal).finally(() => underway.delete(md5));
      underway.set(md5, mine);
      return mine;
    },
    async keep(path, md5, signal) {
      const key = await storeFile(store, path, md5, signal);
      return { uri: store.uri(key), path: await adopt(path, md5) };
    },
  };
}

/** Local files whose bytes this process has checked, with what the file system said of them then. */
const checked = new Map<string, string>();
const MOST_CHECKED = 10_000;

/** Another text whenever the file was written, replaced or touched. Null when there is none. */
async function identityOf(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  return found && `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`;
}

/** Renames, or copies beside the target first where the folders are on different disks. */
export async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    const beside = `${to}.${randomUUID()}.partial`;
    try {
      await copyFile(from, beside);
      await rename(beside, to);
      await rm(from, { force: true });
    } finally {
      await rm(beside, { force: true });
    }
  }
}
