/** Code by digest: in the store for every worker, in `.ratchet/code` for this one. Bytes are checked whenever they are loaded. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import { sha256 } from './sha256.ts';

/** Puts `body` under `code/<sha256>` unless it is there whole: what was damaged there is written over. */
export async function saveCode(store: ObjectStore, digest: string, body: Uint8Array | string): Promise<void> {
  const key = storeKey.code(digest);
  const there = await store.get(key);
  if (there === null || sha256(there) !== digest) await store.put(key, body, 'application/octet-stream');
}

/** @throws UserError OutsideRefused when the store has no such code, or other bytes under its name. */
export async function readCode(store: Pick<ObjectStore, 'get' | 'uri'>, digest: string): Promise<Uint8Array> {
  const body = await store.get(storeKey.code(digest));
  const where = store.uri(storeKey.code(digest));
  if (body === null)
    throw new UserError(
      'OutsideRefused',
      `${where} is gone: it holds the code that this run is pinned to. Start the run again.`,
    );
  if (sha256(body) !== digest)
    throw new UserError(
      'OutsideRefused',
      `${where} holds other bytes than the run was planned with (SHA-256 ${sha256(body)}): refused. Start the run again: it writes its code anew.`,
    );
  return body;
}

/** The file appears whole or not at all: two workers may write it at once. */
export async function writeWhole(path: string, body: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.draft`;
  await writeFile(draft, body);
  await rename(draft, path);
}

/** Local copies of bundles, where Node resolves the packages that they left outside: below the project's root. */
export class CodeCache {
  readonly #root: string;
  readonly #store: ObjectStore;
  constructor(root: string, store: ObjectStore) {
    this.#root = root;
    this.#store = store;
  }

  path(digest: string): string {
    return join(this.#root, '.ratchet', 'code', `${digest}.mjs`);
  }

  /** Path of the bundle's verified bytes; taken from the store when this worker has none, or damaged ones. */
  async load(digest: string): Promise<string> {
    const path = this.path(digest);
    const local = await readFile(path).catch(() => null);
    if (local === null || sha256(local) !== digest) await writeWhole(path, await readCode(this.#store, digest));
    return path;
  }

  /**
   * Makes the bundle available to this worker's hosts. A file of the right length is left to {@link load}, which checks
   * its bytes before any host has them: reading them for every plan would cost more than the plan.
   */
  async keep(digest: string, code: Uint8Array): Promise<void> {
    const path = this.path(digest);
    const local = await stat(path).catch(() => null);
    if (local?.size !== code.length) await writeWhole(path, code);
  }

  /** Makes the bundle available to every worker. */
  async save(digest: string, code: Uint8Array): Promise<void> {
    await Promise.all([saveCode(this.#store, digest, code), this.keep(digest, code)]);
  }
}
