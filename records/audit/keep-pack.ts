/** Writes the pack of a version as it is known now, unless the newest one says the same. */
import type { KeyObject } from 'node:crypto';
import type { ObjectStore } from '#ports/store.ts';
import { gather, type PackSources } from './gather.ts';
import { packOf, sayTheSame } from './pack.ts';
import { ENVELOPE, type PackContents, sha256 } from './statement.ts';
import { filesOf, newestPack, storePack } from './stored-packs.ts';

export interface KeptPack {
  /** Of its envelope in the store. */
  key: string;
  /** The newest one before says the same: nothing was written. */
  already: boolean;
  contents: PackContents;
  /** With the envelope. */
  files: Map<string, Buffer>;
  /** The run whose record is not there yet. */
  waitsFor: string | null;
}

/**
 * May be done by two at once, and be repeated.
 * @param key asked for when something is to be signed
 * @returns null where the registry has no such version
 */
export async function keepPack(
  sources: PackSources & { store: Pick<ObjectStore, 'put'> },
  { model, version }: { model: string; version: string },
  key: () => KeyObject,
): Promise<KeptPack | null> {
  const gathered = await gather(sources, model, version);
  if (gathered === null) return null;
  const { waitsFor } = gathered;
  const pack = packOf(gathered, key());
  const newest = await newestPack(sources.store, model, version);
  if (newest?.contents && sayTheSame(newest.contents, pack.contents)) {
    const files = await filesOf(sources.store, newest);
    // What was lost or changed of it is written again.
    if (newest.contents.files.every(({ name, sha256: signed }) => sha256(files.get(name) ?? '') === signed))
      return { key: newest.key, already: true, contents: newest.contents, files, waitsFor };
  }
  const stored = await storePack(sources.store, pack);
  const files = new Map([...pack.files, [ENVELOPE, Buffer.from(pack.envelope)] as const]);
  return { key: stored, already: false, contents: pack.contents, files, waitsFor };
}
