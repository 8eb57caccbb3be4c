import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { sha256 } from '../sha256.ts';

/**
 * A folder of small JSON entries, one file a key. It may be deleted at any time: what it says can be found out again.
 * An entry that is damaged, or of another version's shape, counts as none.
 */
export interface SmallIndex<T> {
  read(key: string): Promise<T | null>;
  write(key: string, entry: T): Promise<void>;
}

export function createSmallIndex<S extends z.ZodType>(folder: string, schema: S): SmallIndex<z.output<S>> {
  const place = (key: string) => join(folder, `${sha256(key)}.json`);
  return {
    async read(key) {
      try {
        return schema.parse(JSON.parse(await readFile(place(key), 'utf8')));
      } catch {
        return null;
      }
    },
    async write(key, entry) {
      const file = place(key);
      const partial = `${file}.${randomUUID()}`;
      await mkdir(dirname(file), { recursive: true });
      try {
        await writeFile(partial, JSON.stringify(entry));
        await rename(partial, file);
      } finally {
        await rm(partial, { force: true });
      }
    },
  };
}
