import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '../ports/store.ts';
import type { Tables } from '../ports/tables.ts';

/**
 * A stored object that somebody may replace: read anew each time, because a store's answer to "has it changed?" is not
 * to be had from every store. Lies in the cache by its MD5 afterwards. A key of DVC's layout says its MD5 and is read once.
 */
export async function fetchMutable(
  key: string,
  deps: {
    store: Pick<ObjectStore, 'head' | 'download' | 'uri'>;
    tables: Pick<Tables, 'md5'>;
    cache: { localFile(ref: { uri: string; digest: string }, signal?: AbortSignal): Promise<string> };
    cacheFolder: string;
  },
  signal?: AbortSignal,
): Promise<{ path: string; md5: string }> {
  const named = /^files\/md5\/([0-9a-f]{2})\/([0-9a-f]{30})$/.exec(key);
  if (named) {
    const md5 = `${named[1]}${named[2]}`;
    return { path: await deps.cache.localFile({ uri: deps.store.uri(key), digest: `md5:${md5}` }, signal), md5 };
  }
  if (!(await deps.store.head(key))) throw new UserError('DataInvalid', `${deps.store.uri(key)} is not there`);
  const partial = join(deps.cacheFolder, 'sources', `${randomUUID()}.partial`);
  await mkdir(dirname(partial), { recursive: true });
  try {
    await deps.store.download(key, partial, signal);
    const md5 = (await deps.tables.md5([partial], signal))[0]!;
    const path = join(deps.cacheFolder, storeKey.file(md5));
    await mkdir(dirname(path), { recursive: true });
    await chmod(partial, 0o444);
    await rename(partial, path);
    return { path, md5 };
  } finally {
    await rm(partial, { force: true });
  }
}
