/** What the watch measured of skew: whole in the store, in brief in the history. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SkewMeasured } from '#contracts/loop/evidence.ts';
import { storeKey } from '#contracts/names.ts';
import type { SkewOfFeature } from '#ports/skew.ts';
import type { ObjectStore } from '#ports/store.ts';

const text = z.string().nullable();
const SkewCheck = z.object({
  /** ISO 8601: when the watch looked, in the time of its schedule. */
  at: z.iso.datetime(),
  service: z.string(),
  /** Of the service's definitions. */
  version: z.string(),
  window: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
  vectors: z.number().int().nonnegative(),
  /** Fewer vectors than this are not judged. */
  leastVectors: z.number().int().positive(),
  features: z
    .array(
      z.object({
        feature: z.string(),
        vectors: z.number().int(),
        differ: z.number().int(),
        missing: z.number().int(),
        extra: z.number().int(),
        /** Of an earlier version: not counted. */
        nulls: z.number().int().default(0),
        examples: z.array(z.object({ of: z.record(z.string(), text), served: text, recomputed: text })).readonly(),
      }),
    )
    .readonly(),
});
export type SkewCheck = z.output<typeof SkewCheck>;

/** Features in a piece of evidence. */
const FEATURES = 50;

/** Those that differ, or have no value, in most vectors first. */
export const skewInBrief = (features: readonly SkewOfFeature[]): SkewMeasured['features'] =>
  features
    .map(({ feature, differ, nulls, vectors }) => ({
      ...{ name: feature, share: vectors === 0 ? 0 : differ / vectors },
      nulls: vectors === 0 ? 0 : nulls / vectors,
    }))
    .sort((a, b) => Math.max(b.share, b.nulls) - Math.max(a.share, a.nulls))
    .slice(0, FEATURES);

/** Stores a check; the same one again is the same object. */
export async function keepSkew(
  store: Pick<ObjectStore, 'put' | 'uri'>,
  pipeline: string,
  check: SkewCheck,
): Promise<{ uri: string; digest: string }> {
  const body = JSON.stringify(check);
  const hash = createHash('sha256').update(body).digest('hex');
  const key = storeKey.skew(pipeline, check.at, hash);
  await store.put(key, body, 'application/json');
  return { uri: store.uri(key), digest: `sha256:${hash}` };
}

/** The newest that was judged, of `service`; null where there is none that this version can read. */
export async function newestSkew(
  store: Pick<ObjectStore, 'list' | 'get'>,
  pipeline: string,
  service: string,
): Promise<(SkewCheck & { key: string }) | null> {
  const keys: string[] = [];
  for await (const { key } of store.list(`skew/${pipeline}/`)) keys.push(key);
  for (const key of keys.sort().reverse()) {
    const body = await store.get(key);
    const check = body && SkewCheck.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data;
    if (check && check.service === service && check.vectors >= check.leastVectors) return { ...check, key };
  }
  return null;
}
