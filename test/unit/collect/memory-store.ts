/** The object store's port in memory, with a clock of its own and a turn that each request waits for. */
import { readFile, writeFile } from 'node:fs/promises';
import { UserError } from '#contracts/failures.ts';
import type { ObjectStore } from '#ports/store.ts';

export interface MemoryStore extends ObjectStore {
  readonly objects: Map<string, { body: Buffer; modified: number }>;
}

/**
 * @param clock milliseconds
 * @param turn waited for before and after the effect of each request
 */
export function createMemoryStore(clock: () => number, turn: () => Promise<void> = async () => undefined): MemoryStore {
  const objects: MemoryStore['objects'] = new Map();
  const root = 's3://test/prefix/';
  async function request<T>(effect: () => T): Promise<T> {
    await turn();
    const answer = effect();
    await turn();
    return answer;
  }
  const put = (key: string, body: Uint8Array | string) =>
    void objects.set(key, { body: Buffer.from(body), modified: clock() });
  return {
    objects,
    uri: (key) => root + key,
    key: (uri) => uri.slice(root.length),
    get: (key) => request(() => objects.get(key)?.body ?? null),
    part: (key, from, bytes) => request(() => objects.get(key)?.body.subarray(from, from + bytes) ?? null),
    head: (key) =>
      request(() => {
        const found = objects.get(key);
        return found ? { bytes: found.body.length } : null;
      }),
    put: (key, body) => request(() => put(key, body)),
    async download(key, path) {
      const body = await request(() => objects.get(key)?.body ?? null);
      if (body === null) throw new UserError('OutsideRefused', `${key} is not there`);
      await writeFile(path, body);
    },
    async upload(path, key) {
      const body = await readFile(path);
      await request(() => put(key, body));
    },
    async *list(prefix) {
      // Pages of two: what is written meanwhile may or may not be seen.
      let after = '';
      for (;;) {
        const page = await request(() =>
          [...objects.keys()]
            .filter((key) => key.startsWith(prefix) && key > after)
            .sort()
            .slice(0, 2)
            .map((key) => ({ key, ...(objects.get(key) as { body: Buffer; modified: number }) })),
        );
        for (const { key, body, modified } of page) yield { key, bytes: body.length, modified: new Date(modified) };
        const last = page.at(-1);
        if (!last) return;
        after = last.key;
      }
    },
    delete: (key) => request(() => void objects.delete(key)),
    copy: (from, to) =>
      request(() => {
        const found = objects.get(from);
        if (found) put(to, found.body);
        return found !== undefined;
      }),
    link: async () => null,
  };
}
