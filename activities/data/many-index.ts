import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { each } from '#contracts/each.ts';

/**
 * What is known of each of very many things, in few files of JSON: those of a hundred thousand would take longer to open than
 * the things themselves. It may be deleted at any time: what it says can be found out again. A file of it that is damaged, or of
 * another version's shape, counts as none; of two writers at once one may be in vain.
 */
export interface ManyIndex<T> {
  read(keys: readonly string[]): Promise<Map<string, T>>;
  write(entries: ReadonlyMap<string, T>): Promise<void>;
}

const PARTS = 256;
/** Entries of a part; those that were written longest ago go. Of all parts: half a million. */
const MOST = 2_000;
const AT_ONCE = 16;

/** @param most entries of each of the 256 parts; default 2,000 */
export function createManyIndex<S extends z.ZodType>(folder: string, schema: S, most = MOST): ManyIndex<z.output<S>> {
  const Part = z.array(z.tuple([z.string(), schema]));
  const place = (part: number) => join(folder, `${part.toString(16).padStart(2, '0')}.json`);
  const partOf = (key: string) => (createHash('md5').update(key).digest()[0] ?? 0) % PARTS;
  const byPart = (keys: Iterable<string>) => {
    const parts = new Map<number, string[]>();
    for (const key of keys) {
      const part = partOf(key);
      const there = parts.get(part);
      if (there) there.push(key);
      else parts.set(part, [key]);
    }
    return [...parts];
  };
  async function partAt(part: number): Promise<Map<string, z.output<S>>> {
    try {
      return new Map(Part.parse(JSON.parse(await readFile(place(part), 'utf8'))) as [string, z.output<S>][]);
    } catch {
      return new Map();
    }
  }
  return {
    async read(keys) {
      const found = new Map<string, z.output<S>>();
      await each(AT_ONCE, byPart(keys), async ([part, wanted]) => {
        const there = await partAt(part);
        for (const key of wanted) {
          const entry = there.get(key);
          if (entry !== undefined) found.set(key, entry);
        }
      });
      return found;
    },
    async write(entries) {
      await each(AT_ONCE, byPart(entries.keys()), async ([part, keys]) => {
        const there = await partAt(part);
        for (const key of keys) {
          // The newest last.
          there.delete(key);
          there.set(key, entries.get(key) as z.output<S>);
        }
        const file = place(part);
        const partial = `${file}.${randomUUID()}`;
        await mkdir(dirname(file), { recursive: true });
        try {
          await writeFile(partial, JSON.stringify([...there].slice(-most)));
          await rename(partial, file);
        } finally {
          await rm(partial, { force: true });
        }
      });
    },
  };
}
