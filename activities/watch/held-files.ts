/**
 * Files that a look at the data needs and nobody after it: on this machine alone, in no store. The next look finds the tables
 * of files that did not change; what no look has asked for in some hours, or has no room, is removed, and made again where it is missed.
 */
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { each } from '#contracts/each.ts';
import { ArtifactDamaged } from '#contracts/failures.ts';
import type { Tables } from '#ports/tables.ts';
import { type DatasetCache, move } from '../data/dataset-cache.ts';
import type { SnapshotDependencies } from '../data/snapshot.ts';

/** No look takes so long that it still reads what it found at its beginning; milliseconds. */
const KEPT_MS = 6 * 3_600_000;
const SCHEME = 'held:';
const STATS_AT_ONCE = 32;

/**
 * What {@link snapshotOf} works with, on a folder instead of the store.
 * @param folder of these files alone; created
 */
export function heldFiles(tables: Pick<Tables, 'md5' | 'snapshot'>, folder: string): SnapshotDependencies {
  const key = (uri: string) => uri.slice(SCHEME.length);
  const place = (name: string) => join(folder, `${name}.parquet`);
  const cache: DatasetCache = {
    async localFile({ uri }, signal) {
      const path = place(key(uri));
      const there = await stat(path).catch(() => null);
      const [found] = there ? await tables.md5([path], signal) : [];
      if (found === key(uri)) {
        // As if it were new: another look, of another pipeline, removes what is old.
        await utimes(path, new Date(), new Date());
        return path;
      }
      await rm(path, { force: true });
      throw new ArtifactDamaged(uri, `${path} is gone or was changed: the next look makes it again.`);
    },
    async keep(path, md5) {
      await mkdir(folder, { recursive: true });
      await move(path, place(md5));
      return { uri: `${SCHEME}${md5}`, path: place(md5) };
    },
  };
  return {
    tables,
    cache,
    cacheFolder: folder,
    store: {
      key,
      head: async (name) => {
        const found = await stat(place(name)).catch(() => null);
        return found && { bytes: found.size };
      },
      async *list() {},
    },
  };
}

/** Files that looks of this process read, by how many of them. */
const inUse = new Map<string, number>();

/** A file that its look says again and again it needs: another process does not remove it either. */
const FRESH_MS = 10 * 60_000;
const TOUCHED_EACH_MS = 60_000;

/** Files that are read until `work` ends are not removed before, by whatever bound. */
export async function holding<T>(work: (hold: (path: string) => void) => Promise<T>): Promise<T> {
  const held: string[] = [];
  const touching = setInterval(() => {
    for (const path of held) void utimes(path, new Date(), new Date()).catch(() => undefined);
  }, TOUCHED_EACH_MS);
  touching.unref();
  try {
    return await work((path) => {
      held.push(path);
      inUse.set(path, (inUse.get(path) ?? 0) + 1);
    });
  } finally {
    clearInterval(touching);
    for (const path of held) {
      const left = (inUse.get(path) ?? 1) - 1;
      if (left > 0) inUse.set(path, left);
      else inUse.delete(path);
    }
  }
}

/** What all tables of looks may take on this machine unless a worker is told otherwise. */
const MOST_HELD = 10 * 1024 ** 3;

/**
 * Removes what no look has asked for in some hours, and, where the others are more bytes than `most`, those that were asked for
 * longest ago. What a look is reading, or found in the last ten minutes, stays in any case.
 * @param most bytes; default 10 GiB
 * @param now milliseconds
 */
export async function removeOldFiles(
  folder: string,
  { most = MOST_HELD, now = Date.now() }: { most?: number; now?: number } = {},
): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const found = await each(STATS_AT_ONCE, files, async (path) => {
    const there = await stat(path).catch(() => null);
    return there ? [{ path, bytes: there.size, age: now - there.mtimeMs }] : [];
  });
  const oldest = found.flat().sort((a, b) => b.age - a.age);
  let bytes = oldest.reduce((sum, each) => sum + each.bytes, 0);
  for (const { path, bytes: size, age } of oldest) {
    const mayGo = age > KEPT_MS || (bytes > most && age > FRESH_MS);
    if (!mayGo || inUse.has(path)) continue;
    await rm(path, { force: true });
    bytes -= size;
  }
}
