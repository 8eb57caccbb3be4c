/** Which definitions of features a project has applied: a document by its digest, and what points at it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { canonicalJson, type Json } from '#contracts/json.ts';
import { storeKey } from '#contracts/names.ts';
import { FeatureDocument } from '#features/document.ts';
import type { ObjectStore } from '#ports/store.ts';

const Pointer = z.strictObject({
  format: z.literal(1),
  /** `sha256:` and 64 hex digits of the document. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** What paths of sources are relative to: the folder of the definitions, of the project's root, `/` between; '' is the root itself. */
  folder: z.string(),
  at: z.iso.datetime(),
  by: z.string(),
});
export type AppliedPointer = z.output<typeof Pointer>;

export interface AppliedFeatures extends AppliedPointer {
  readonly document: FeatureDocument;
}

/** Stores the document, then points at it. The same one again changes nothing but the time. */
export async function applyFeatures(
  store: Pick<ObjectStore, 'put'>,
  project: string,
  document: FeatureDocument,
  of: Pick<AppliedPointer, 'folder' | 'at' | 'by'>,
): Promise<AppliedFeatures> {
  const hash = await keepDefinitions(store, document);
  const pointer: AppliedPointer = { format: 1, digest: `sha256:${hash}`, ...of };
  await store.put(storeKey.featuresApplied(project), JSON.stringify(pointer), 'application/json');
  return { ...pointer, document };
}

/** Stores the document alone, by its digest: 64 hex digits. The same again changes nothing. */
export async function keepDefinitions(store: Pick<ObjectStore, 'put'>, document: FeatureDocument): Promise<string> {
  const body = bodyOf(document);
  const hash = createHash('sha256').update(body).digest('hex');
  await store.put(storeKey.featureDefinitions(hash), body, 'application/json');
  return hash;
}

/** Null where the store has none of this digest, or other bytes. */
async function keptDefinitions(store: Pick<ObjectStore, 'get'>, digest: string): Promise<FeatureDocument | null> {
  const body = await store.get(storeKey.featureDefinitions(digest.slice('sha256:'.length)));
  if (!body || `sha256:${createHash('sha256').update(body).digest('hex')}` !== digest) return null;
  return FeatureDocument.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data ?? null;
}

/** Through JSON: what is undefined is not there. */
const bodyOf = (document: FeatureDocument) => canonicalJson(JSON.parse(JSON.stringify(document)) as Json);

/**
 * Null where the project never applied any.
 * @throws UserError OutsideRefused when what is there cannot be read
 */
export async function appliedFeatures(
  store: Pick<ObjectStore, 'get' | 'uri'>,
  project: string,
): Promise<AppliedFeatures | null> {
  const found = await store.get(storeKey.featuresApplied(project));
  if (!found) return null;
  const pointer = Pointer.safeParse(JSON.parse(Buffer.from(found).toString('utf8'))).data;
  const document = pointer && (await keptDefinitions(store, pointer.digest));
  if (pointer && document) return { ...pointer, document };
  const key = storeKey.featureDefinitions(pointer?.digest.slice(7) ?? '');
  throw new UserError(
    'OutsideRefused',
    `the definitions of features that ${project} has applied cannot be read (${store.uri(key)}): apply them again, ratchet features apply`,
  );
}
