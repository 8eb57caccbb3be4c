/**
 * Local copies of stored files, `<cacheFolder>/files/md5/ab/cdef…`: addressed by their bytes, so never out of date.
 * Two processes may fill the same folder; a copy appears whole or not at all. Anything in it may be deleted at any
 * time when no run is at work.
 */
import { randomUUID } from 'node:crypto';
import { chmod, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '../ports/store.ts';
import type { Tables } from '../ports/tables.ts';

interface StoredFile {
  readonly uri: string;
  /** `md5:` and 32 hex digits. */
  readonly digest: string;
  /** Checked where it is known. */
  readonly bytes?: number;
}

export interface DatasetCache {
  /**
   * Path of a local, read-only file with the bytes of `ref`: downloaded once, its MD5 checked.
   * @throws UserError OutsideRefused when the store has it no more, or has other bytes
   */
  localFile(ref: StoredFile, signal?: AbortSignal): Promise<string>;
  /**
   * Moves a file that was just written into the store and the cache. Storing the same bytes twice is one upload.
   * @returns its URI
   */
  keep(path: string, md5: string, signal?: AbortSignal): Promise<{ uri: string; path: string }>;
}

export interface DatasetCacheDependencies {
  readonly store: Pick<ObjectStore, 'uri' | 'key' | 'head' | 'download' | 'upload'>;
  /** Hashes outside of the worker's event loop. */
  readonly tables: Pick<Tables, 'md5'>;
  /** `<root>/.ratchet/cache`; created. */
  readonly cacheFolder: string;
}

export function createDatasetCache({ store, tables, cacheFolder }: DatasetCacheDependencies): DatasetCache {
  /** Downloads under way in this process, by MD5. */
  const underway = new Map<string, Promise<string>>();
  const placeOf = (md5: string) => join(cacheFolder, storeKey.file(md5));

  async function adopt(path: string, md5: string): Promise<string> {
    const place = placeOf(md5);
    await mkdir(dirname(place), { recursive: true });
    await chmod(path, 0o444);
    await move(path, place);
    return place;
  }

  async function download(ref: StoredFile, md5: string, signal: AbortSignal | undefined): Promise<string> {
    const place = placeOf(md5);
    const partial = `${place}.${randomUUID()}.partial`;
    await mkdir(dirname(place), { recursive: true });
    try {
      await store.download(store.key(ref.uri), partial, signal);
      const [found] = await tables.md5([partial], signal);
      if (found !== md5)
        throw new UserError(
          'OutsideRefused',
          `${ref.uri} holds other bytes than its reference says (MD5 ${found}, not ${md5}): it was changed or damaged in the store. Run the step that made it again.`,
        );
      return await adopt(partial, md5);
    } finally {
      await rm(partial, { force: true });
    }
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
      const found = await stat(place).catch(() => null);
      // A damaged disk aside, only the size can be wrong: what is here was checked when it came.
      if (found && (ref.bytes === undefined || found.size === ref.bytes)) return place;
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
      const key = storeKey.file(md5);
      const { size } = await stat(path);
      const stored = await store.head(key);
      if (stored?.bytes !== size) await store.upload(path, key, signal);
      return { uri: store.uri(key), path: await adopt(path, md5) };
    },
  };
}

/** Renames, or copies beside the target first where the folders are on different disks. */
async function move(from: string, to: string): Promise<void> {
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
