/** The object store's port on a folder, for tests of what only reads and writes objects. */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { keysOf } from '#adapters/s3/keys.ts';
import { UserError } from '#contracts/failures.ts';
import type { ObjectStore } from '#ports/store.ts';

export interface FolderStore extends ObjectStore {
  /** Calls that moved bytes, by name. */
  readonly calls: { upload: number; download: number };
  readonly folder: string;
}

export function createFolderStore(folder: string): FolderStore {
  const root = 's3://test/prefix/';
  // Names are refused as by the real one.
  const keys = keysOf('test', 'prefix');
  const place = (key: string) => join(folder, keys.bare(keys.full(key)));
  const calls = { upload: 0, download: 0 };
  async function whole(path: string, write: (partial: string) => Promise<void>): Promise<void> {
    const partial = `${path}.${randomUUID()}`;
    await mkdir(dirname(path), { recursive: true });
    await write(partial);
    await rename(partial, path);
  }
  return {
    calls,
    folder,
    uri: keys.uri,
    key(uri) {
      if (!uri.startsWith(root)) throw new UserError('InvalidInput', `${uri} is not in ${root}`);
      return uri.slice(root.length);
    },
    get: async (key) => {
      const path = place(key);
      return readFile(path).catch(() => null);
    },
    async part(key, from, bytes) {
      const whole = await readFile(place(key)).catch(() => null);
      return whole === null || from >= whole.length ? null : whole.subarray(from, from + bytes);
    },
    head: async (key) => {
      const path = place(key);
      const found = await stat(path).catch(() => null);
      return found?.isFile() ? { bytes: found.size } : null;
    },
    put: (key, body) => whole(place(key), (partial) => writeFile(partial, body)),
    async download(key, path) {
      calls.download++;
      if (!(await stat(place(key)).catch(() => null)))
        throw new UserError('OutsideRefused', `${root}${key} is not there`);
      await whole(path, (partial) => copyFile(place(key), partial));
    },
    async upload(path, key) {
      calls.upload++;
      await whole(place(key), (partial) => copyFile(path, partial));
    },
    async *list(prefix) {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      for (const entry of entries.filter((each) => each.isFile())) {
        const path = join(entry.parentPath, entry.name);
        const key = relative(folder, path);
        if (!key.startsWith(prefix)) continue;
        const { size, mtime } = await stat(path);
        yield { key, bytes: size, modified: mtime };
      }
    },
    async copy(from, to) {
      const body = await readFile(place(from)).catch(() => null);
      if (body === null) return false;
      await whole(place(to), (partial) => writeFile(partial, body));
      return true;
    },
    delete: (key) => rm(place(key), { force: true }),
    link: async () => null,
  };
}
