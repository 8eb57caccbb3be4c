/**
 * Files that a look at the data needs and nobody after it: on this machine alone, in no store. The next look finds the tables
 * of files that did not change; what no look has asked for in some hours is removed, and made again where it is missed.
 */
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactDamaged } from '#contracts/failures.ts';
import { type DatasetCache, move } from '../data/dataset-cache.ts';
import type { SnapshotDependencies } from '../data/snapshot.ts';
import type { Tables } from '../ports/tables.ts';

/** No look takes so long that it still reads what it found at its beginning; milliseconds. */
const KEPT_MS = 6 * 3_600_000;
const SCHEME = 'held:';

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

/** @param now milliseconds */
export async function removeOldFiles(folder: string, now = Date.now()): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path).catch(() => null);
    if (found && now - found.mtimeMs > KEPT_MS) await rm(path, { force: true });
  }
}
