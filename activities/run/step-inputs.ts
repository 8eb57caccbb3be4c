/** Inputs of steps that are too large for a history: in the store, by their digest. */

import { UserError } from '#contracts/failures.ts';
import { canonicalJson, type Json } from '#contracts/json.ts';
import { storeKey } from '#contracts/names.ts';
import type { InputRef, StepCall } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import { sha256 } from '../sha256.ts';

/** Storing the same input twice is one object. */
export async function keepInput(store: Pick<ObjectStore, 'put' | 'uri'>, input: Json): Promise<InputRef> {
  const body = canonicalJson(input);
  const digest = sha256(body);
  await store.put(storeKey.input(digest), body, 'application/json');
  return { uri: store.uri(storeKey.input(digest)), digest: `sha256:${digest}` };
}

/** The call with its input. @throws UserError OutsideRefused when the store has it no more, or other bytes */
export async function withInput(store: Pick<ObjectStore, 'get' | 'key'>, call: StepCall): Promise<StepCall> {
  const { inputAt, ...rest } = call;
  if (!inputAt) return call;
  const body = await store.get(store.key(inputAt.uri));
  if (body === null || `sha256:${sha256(body)}` !== inputAt.digest)
    throw new UserError(
      'OutsideRefused',
      `${inputAt.uri}, the input of ${call.node}, ${body ? 'holds other bytes than were stored' : 'is gone'}: retry the run, which stores it again`,
    );
  return { ...rest, input: JSON.parse(Buffer.from(body).toString('utf8')) as Json };
}
