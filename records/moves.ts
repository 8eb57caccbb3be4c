/** Moves of champions in the store: one object each, written when it happened, which outlive the ledger's memory and Temporal's retention. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { KeptMove } from '#contracts/activities.ts';
import { canonicalJson } from '#contracts/json.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';

export const MoveRecord = z.strictObject({
  format: z.literal(1),
  /** As MLflow calls it, the environment's prefix included. */
  model: z.string(),
  /** Which move of the ledger it is, from 1. */
  epoch: z.number().int().positive(),
  kind: z.enum(['promotion', 'rollback', 'by-hand']),
  /** Of a promotion SHA-256(model digest, line feed, verdict digest): what was moved on which evidence. */
  key: z.string(),
  from: z.string().nullable(),
  /** `none`: nobody is champion. */
  to: z.string(),
  by: z.string(),
  reason: z.string(),
  at: z.iso.datetime(),
});
export type MoveRecord = z.output<typeof MoveRecord>;

/** One PUT; a repeat writes the same object again. */
export async function writeMove(store: Pick<ObjectStore, 'put'>, move: KeptMove): Promise<void> {
  const { model, epoch, key, from, to, by, reason, at } = move;
  const record: MoveRecord = { format: 1, model, epoch, kind: kindOf(key), key, from, to, by, reason, at };
  const text = canonicalJson(record);
  const hash = createHash('sha256').update(text).digest('hex');
  await store.put(storeKey.move(model, at, epoch, hash), text, 'application/json');
}

/** The ledger names its moves so. */
function kindOf(key: string): MoveRecord['kind'] {
  if (key.startsWith('rollback/')) return 'rollback';
  return key.startsWith('outside/') ? 'by-hand' : 'promotion';
}

/** Objects that are read at once: a model of many years has thousands of moves. */
const AT_ONCE = 16;

/** All of a model, by their time. What is there and is no move that this version can read is left out. */
export async function readMoves(store: Pick<ObjectStore, 'list' | 'get'>, model: string): Promise<MoveRecord[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(`moves/${encodeURIComponent(model)}/`)) keys.push(key);
  keys.sort();
  const found: (MoveRecord | null)[] = [];
  for (let from = 0; from < keys.length; from += AT_ONCE)
    found.push(...(await Promise.all(keys.slice(from, from + AT_ONCE).map((key) => moveAt(store, key)))));
  return found.filter((move) => move !== null);
}

async function moveAt(store: Pick<ObjectStore, 'get'>, key: string): Promise<MoveRecord | null> {
  const body = await store.get(key);
  try {
    return (body && MoveRecord.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data) ?? null;
  } catch {
    return null;
  }
}
