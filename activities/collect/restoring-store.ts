/**
 * A store whose readers take back what a collection has put into the trash. A collection reads what is referred to and then
 * moves the rest: who came to depend on an object in between finds it in the trash, puts it back into its place, and the next
 * collection sees who refers to it.
 */
import { UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import { isRecoverable } from './kinds.ts';

export function restoring<S extends ObjectStore>(store: S): S {
  const back = async (key: string) => isRecoverable(key) && (await store.copy(storeKey.trash(key), key));
  return {
    ...store,
    async get(key) {
      const found = await store.get(key);
      return found === null && (await back(key)) ? store.get(key) : found;
    },
    async part(key, from, bytes, signal) {
      const found = await store.part(key, from, bytes, signal);
      return found === null && (await back(key)) ? store.part(key, from, bytes, signal) : found;
    },
    async head(key) {
      const found = await store.head(key);
      return found === null && (await back(key)) ? store.head(key) : found;
    },
    async download(key, path, signal) {
      try {
        await store.download(key, path, signal);
      } catch (error) {
        const gone = error instanceof UserError && error.type === 'OutsideRefused' && (await store.head(key)) === null;
        if (!gone || !(await back(key))) throw error;
        await store.download(key, path, signal);
      }
    },
  };
}
