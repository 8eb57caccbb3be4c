/** The evidence that a registered version was judged by, from the store. */
import { createHash } from 'node:crypto';
import { Evidence } from '#contracts/evidence.ts';
import { UserError } from '#contracts/failures.ts';
import type { ObjectStore } from '#ports/store.ts';

export interface StoredEvidence {
  readonly evidence: Evidence;
  /** `sha256:…` of its bytes. */
  readonly digest: string;
}

/**
 * @param tags of the version, in which its key is its own digest
 * @returns null where it has none, lies in another store, was collected, or holds other bytes than those that were judged
 */
export async function storedEvidence(
  store: Pick<ObjectStore, 'key' | 'get'>,
  tags: Readonly<Record<string, string>>,
): Promise<StoredEvidence | null> {
  const uri = tags['ratchet.evidence'] ?? '';
  const wanted = /\/evidence\/[0-9a-f]{2}\/([0-9a-f]{64})\.json$/.exec(uri)?.[1];
  if (wanted === undefined) return null;
  const bytes = await bytesAt(store, uri);
  if (bytes === null || createHash('sha256').update(bytes).digest('hex') !== wanted) return null;
  const evidence = Evidence.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data;
  return evidence ? { evidence, digest: `sha256:${wanted}` } : null;
}

async function bytesAt(store: Pick<ObjectStore, 'key' | 'get'>, uri: string): Promise<Uint8Array | null> {
  try {
    return await store.get(store.key(uri));
  } catch (error) {
    // The URI is one of another bucket.
    if (error instanceof UserError && error.type === 'InvalidInput') return null;
    throw error;
  }
}
