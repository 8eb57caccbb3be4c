/** Stored objects that somebody may replace, as local files: each is read once for what the store says of it. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import { cleanEtag } from '#contracts/partition.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import { digestsOf } from './file-digests.ts';
import { createManyIndex } from './many-index.ts';
import type { StoredObject } from './source/source.ts';

/** `version`: another text for other bytes. */
const Entry = z.strictObject({ version: z.string(), md5: z.string().regex(/^[0-9a-f]{32}$/) });

const AT_ONCE = 16;
/** Downloads that are hashed and named together: what a killed worker has to fetch again. */
const TOGETHER = 2_000;

export interface MutableObjectDependencies {
  readonly store: Pick<ObjectStore, 'list' | 'download' | 'uri'>;
  readonly tables: Pick<Tables, 'md5'>;
  readonly cache: { localFile(ref: { uri: string; digest: string }, signal?: AbortSignal): Promise<string> };
  readonly cacheFolder: string;
}

interface LocalCopy {
  readonly path: string;
  readonly md5: string;
}

/**
 * Local copies, in the order of the objects; they lie in the cache by their MD5. An object of which the store gives ETag, size
 * and time as at its last reading is not read again; one of a store without ETags is read each time. A key of DVC's layout
 * says its MD5.
 * @throws UserError DataInvalid for one that is not there
 */
export async function fetchMutable(
  objects: readonly StoredObject[],
  deps: MutableObjectDependencies,
  signal?: AbortSignal,
): Promise<LocalCopy[]> {
  const { store, cacheFolder } = deps;
  const index = createManyIndex(join(cacheFolder, 'sources', 'objects'), Entry);
  const place = (md5: string) => join(cacheFolder, storeKey.file(md5));
  const versions = await each(AT_ONCE, objects, async ({ key, listed }) =>
    versionOf(listed ?? (isNamedByDigest(key) ? undefined : await facts(key, deps, signal))),
  );
  const entries = await index.read(objects.map(({ key }) => store.uri(key)));
  const found = new Map<string, LocalCopy>();
  for (const [i, { key }] of objects.entries()) {
    const entry = entries.get(store.uri(key));
    if (entry && entry.version === versions[i]) found.set(key, { path: place(entry.md5), md5: entry.md5 });
  }
  await dropUnsound(found, deps, signal);

  const missing = objects.flatMap(({ key }, i) => (found.has(key) ? [] : [{ key, version: versions[i] ?? null }]));
  for (let from = 0; from < missing.length; from += TOGETHER) {
    const some = missing.slice(from, from + TOGETHER);
    const copies = await download(
      some.map(({ key }) => key),
      deps,
      signal,
    );
    const read = new Map<string, z.output<typeof Entry>>();
    for (const [i, { key, version }] of some.entries()) {
      const copy = copies[i] as LocalCopy;
      found.set(key, copy);
      if (version !== null) read.set(store.uri(key), { version, md5: copy.md5 });
    }
    if (read.size > 0) await index.write(read);
  }
  return objects.map(({ key }) => found.get(key) as LocalCopy);
}

const digestInKey = /^files\/md5\/([0-9a-f]{2})\/([0-9a-f]{30})$/;
const isNamedByDigest = (key: string) => digestInKey.test(key);

/** What the store says of an object that was named outright: a listing says its ETag. */
async function facts(key: string, { store }: MutableObjectDependencies, signal: AbortSignal | undefined) {
  for await (const { key: found, ...listed } of store.list(key, signal)) if (found === key) return listed;
  throw new UserError('DataInvalid', `${store.uri(key)} is not there`);
}

/** Null: nothing says whether it is the same as before. */
function versionOf(listed: StoredObject['listed']): string | null {
  const etag = cleanEtag(listed?.etag);
  return listed && etag ? `${etag} ${listed.bytes} ${listed.modified.getTime()}` : null;
}

/** Forgets copies that are gone or hold other bytes by now. Those that nobody touched are not read for it. */
async function dropUnsound(
  found: Map<string, LocalCopy>,
  deps: MutableObjectDependencies,
  signal: AbortSignal | undefined,
): Promise<void> {
  const there = await each(AT_ONCE, [...found], async ([key, { path }]) => {
    const isThere = (await stat(path).catch(() => null)) !== null;
    if (!isThere) found.delete(key);
    return isThere ? [path] : [];
  });
  const sound = new Map(
    (await digestsOf([...new Set(there.flat())], deps, signal)).map(({ path, md5 }) => [path, md5]),
  );
  for (const [key, { path, md5 }] of found) {
    if (sound.get(path) === md5) continue;
    found.delete(key);
    await rm(path, { force: true });
  }
}

async function download(
  keys: readonly string[],
  { store, tables, cache, cacheFolder }: MutableObjectDependencies,
  signal: AbortSignal | undefined,
): Promise<LocalCopy[]> {
  const folder = join(cacheFolder, 'sources', `${randomUUID()}.partial`);
  await mkdir(folder, { recursive: true });
  try {
    const copies = new Map<string, LocalCopy>();
    const partials = await each(AT_ONCE, [...keys.entries()], async ([index, key]) => {
      const named = digestInKey.exec(key);
      if (named) {
        const md5 = `${named[1]}${named[2]}`;
        const path = await cache.localFile({ uri: store.uri(key), digest: `md5:${md5}` }, signal);
        copies.set(key, { path, md5 });
        return [];
      }
      const partial = join(folder, String(index));
      await store.download(key, partial, signal);
      return [[key, partial] as const];
    });
    const fetched = partials.flat();
    const md5s =
      fetched.length === 0
        ? []
        : await tables.md5(
            fetched.map(([, path]) => path),
            signal,
          );
    for (const [i, [key, partial]] of fetched.entries()) {
      const md5 = md5s[i] as string;
      const path = join(cacheFolder, storeKey.file(md5));
      await mkdir(dirname(path), { recursive: true });
      await chmod(partial, 0o444);
      await rename(partial, path);
      copies.set(key, { path, md5 });
    }
    return keys.map((key) => copies.get(key) as LocalCopy);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
