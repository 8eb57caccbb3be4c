/**
 * Packs in the store, `audit/<model>/<version>/`: files by their digest, and for each pack one envelope, written last. Nothing is
 * written over: whoever dies in between leaves the packs that there were, and of two that write at once the one that knows more is
 * the newest, whichever came last.
 */
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import { open } from './dsse.ts';
import type { Pack } from './pack.ts';
import { ENVELOPE, type PackContents, readStatement, sha256 } from './statement.ts';

interface StoredPack {
  key: string;
  envelope: string;
  /** Null: it cannot be read. */
  contents: PackContents | null;
}

const fileKey = (model: string, version: string, hash: string) => storeKey.pack(model, version, `files/${hash}`);

/** @returns the envelope's key */
export async function storePack(store: Pick<ObjectStore, 'put'>, { contents, files, envelope }: Pack): Promise<string> {
  const { model, version, events } = contents;
  for (const [name, bytes] of files) await store.put(fileKey(model, version, sha256(bytes)), bytes, contentType(name));
  const padded = (count: number, digits: number) => String(count).padStart(digits, '0');
  // What happened only grows, and so does what is found of it.
  const name = `${padded(events.count, 6)}-${padded(files.size, 3)}-${sha256(envelope).slice(0, 20)}.dsse.json`;
  const key = storeKey.pack(model, version, name);
  await store.put(key, envelope, 'application/json');
  return key;
}

/** Null: none was written. */
export async function newestPack(
  store: Pick<ObjectStore, 'list' | 'get'>,
  model: string,
  version: string,
): Promise<StoredPack | null> {
  const found: { key: string; knows: string; modified: number }[] = [];
  for await (const { key, modified } of store.list(storeKey.pack(model, version, ''))) {
    const knows = /\/(\d{6,}-\d{3,})-[0-9a-f]{20}\.dsse\.json$/.exec(key)?.[1];
    if (knows) found.push({ key, knows, modified: modified.getTime() });
  }
  const newest = found
    .sort((a, b) => (a.knows === b.knows ? a.modified - b.modified : a.knows < b.knows ? -1 : 1))
    .at(-1);
  const body = newest && (await store.get(newest.key));
  if (!newest || !body) return null;
  const envelope = Buffer.from(body).toString('utf8');
  const opened = open(envelope);
  const contents = 'problem' in opened ? null : readStatement(opened.payload);
  return { key: newest.key, envelope, contents: contents && 'problem' in contents ? null : contents };
}

/** Its files as they lie in the store; what is gone is left out, for a verification to name. */
export async function filesOf(
  store: Pick<ObjectStore, 'get'>,
  { envelope, contents }: StoredPack,
): Promise<Map<string, Buffer>> {
  const files = new Map([[ENVELOPE, Buffer.from(envelope)]]);
  for (const { name, sha256: hash } of contents?.files ?? []) {
    const bytes = await store.get(fileKey(contents?.model ?? '', contents?.version ?? '', hash));
    if (bytes) files.set(name, Buffer.from(bytes));
  }
  return files;
}

const contentType = (name: string) =>
  name.endsWith('.json') ? 'application/json' : name.endsWith('.jsonl') ? 'application/x-ndjson' : 'text/plain';
