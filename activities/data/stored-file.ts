/** Files of the store whose key is the digest of their bytes. */
import { stat } from 'node:fs/promises';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';

/**
 * Stores a file by its digest. Storing the same bytes twice is one upload, unless somebody found other bytes under that name
 * before. What is uploaded is noted as ours before: only that may be collected one day.
 * @returns its key
 */
export async function storeFile(
  store: Pick<ObjectStore, 'head' | 'list' | 'put' | 'upload'>,
  path: string,
  md5: string,
  signal?: AbortSignal,
): Promise<string> {
  const key = storeKey.file(md5);
  const { size } = await stat(path);
  if (await isStored(store, key, size)) return key;
  if ((await store.head(key)) === null) await store.put(storeKey.made(md5), '');
  await store.upload(path, key, signal);
  return key;
}

/**
 * Whether the store's object at `key` may be taken for the file whose digest the key is: it has the size, and nobody who
 * read it found other bytes. Asks for no bytes.
 */
export async function isStored(
  store: Pick<ObjectStore, 'head' | 'list'>,
  key: string,
  bytes: number,
): Promise<boolean> {
  if ((await store.head(key))?.bytes !== bytes) return false;
  for await (const _ of store.list(`${damagedCopies(key)}.`)) return false;
  return true;
}

/**
 * Where copies of what was found instead of a file are kept, `<this>.<any>`. Such a copy also says that what lies at `key`
 * is not to be trusted. The object itself is never deleted: another worker may have written the right bytes meanwhile, and
 * no store deletes on a condition.
 */
export const damagedCopies = (key: string) => `damaged/${key}`;
