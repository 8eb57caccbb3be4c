/** Files of the store whose key is the digest of their bytes. */
import type { ObjectStore } from '../ports/store.ts';

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
