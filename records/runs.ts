/** Records of runs: one JSON object each, which outlives Temporal's retention. */

import { z } from 'zod';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import { RunRecord } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';

/** Longest part of a run's id, in bytes: stores that keep keys as files take no longer names. */
export const ID_PART = 240;

/** Anybody may start a run under any id. */
export function namesRecord(store: Pick<ObjectStore, 'uri'>, id: string): boolean {
  try {
    store.uri(storeKey.record(id));
    return id.split('/').every((part) => Buffer.byteLength(part) <= ID_PART);
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** One PUT; a repeat writes the same. */
export async function writeRecord(
  store: Pick<ObjectStore, 'put' | 'uri'>,
  record: RunRecord,
): Promise<{ uri: string }> {
  const key = storeKey.record(record.run.id);
  await store.put(key, JSON.stringify(record), 'application/json');
  return { uri: store.uri(key) };
}

/** @throws UserError InvalidInput when there is no such record, or it is not one. */
export async function readRecord(store: ObjectStore, runId: string): Promise<RunRecord> {
  const body = await store.get(storeKey.record(runId));
  if (body === null)
    throw new UserError(
      'InvalidInput',
      `There is no record of a run "${runId}": \`ratchet runs\` lists those that have ended.`,
    );
  const given = json(body);
  const parsed = RunRecord.safeParse(given);
  if (!parsed.success)
    throw new UserError(
      'InvalidInput',
      `${store.uri(storeKey.record(runId))} is not a run's record: ${issuesInWords(parsed.error, given)}`,
    );
  return parsed.data;
}

function json(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return null;
  }
}
