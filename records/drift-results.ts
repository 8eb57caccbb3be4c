/** What the watch measured of a pipeline's drift: whole in the store, in brief in the history. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { DriftResult } from '#contracts/drift.ts';
import { jsonBytes } from '#contracts/json.ts';
import type { DriftMeasured } from '#contracts/loop/evidence.ts';
import { storeKey } from '#contracts/names.ts';
import type { TriggerCondition } from '#contracts/trigger-condition.ts';
import { leaves } from '#decisions/retrain/facts.ts';
import type { ObjectStore } from '#ports/store.ts';

const DriftCheck = z.object({
  /** ISO 8601: when, in the time of the data. */
  at: z.iso.datetime(),
  result: DriftResult,
});
export type DriftCheck = z.output<typeof DriftCheck>;

/** Columns in a piece of evidence, and what they may take of it, bytes of JSON. */
const COLUMNS = 30;
const BYTES = 16 * 1024;

/** Columns that a trigger asks for by name. */
export const namedColumns = (triggers: TriggerCondition | null): string[] =>
  leaves(triggers).flatMap((each) => (each.kind === 'drift' && each.column !== undefined ? [each.column] : []));

/** Those that are asked for first, then those that drifted, in the order of the table; as many as a history takes. */
export function driftInBrief({ columns }: DriftResult, asked: readonly string[]): DriftMeasured['columns'] {
  const rank = (name: string, drifted: boolean) => (asked.includes(name) ? 0 : drifted ? 1 : 2);
  const sorted = Object.entries(columns)
    .map(([name, { drifted, method, value, threshold, chance, level }]) => ({
      ...{ name, drifted, method, value, threshold },
      ...(typeof chance === 'number' ? { chance } : {}),
      ...(level === undefined ? {} : { level }),
    }))
    .sort((a, b) => rank(a.name, a.drifted) - rank(b.name, b.drifted));
  const brief: DriftMeasured['columns'] = [];
  let bytes = 0;
  for (const column of sorted) {
    bytes += jsonBytes(column);
    if (brief.length === COLUMNS || bytes > BYTES) break;
    brief.push(column);
  }
  return brief;
}

/** Stores a check; the same one again is the same object. */
export async function keepDrift(
  store: Pick<ObjectStore, 'put' | 'uri'>,
  pipeline: string,
  check: DriftCheck,
): Promise<{ uri: string; digest: string }> {
  const text = JSON.stringify(check);
  const hash = createHash('sha256').update(text).digest('hex');
  const key = storeKey.drift(pipeline, check.at, hash);
  await store.put(key, text, 'application/json');
  return { uri: store.uri(key), digest: `sha256:${hash}` };
}

/** The newest ones, oldest of them first. @param limit most checks to read */
export async function driftChecks(
  store: Pick<ObjectStore, 'list' | 'get'>,
  pipeline: string,
  limit = 200,
): Promise<DriftCheck[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(`drift/${pipeline}/`)) keys.push(key);
  const found = await Promise.all(
    keys
      .sort()
      .slice(-limit)
      .map((key) => readDrift(store, key)),
  );
  return found.filter((check) => check !== null);
}

/** Null when it is gone, or not one that this version can read. */
export async function readDrift(store: Pick<ObjectStore, 'get'>, key: string): Promise<DriftCheck | null> {
  const body = await store.get(key);
  return (body && DriftCheck.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data) || null;
}
