/**
 * Signatures as the Standard Webhooks specification has them (standardwebhooks.com, 1.0): `webhook-id`,
 * `webhook-timestamp` in seconds, `webhook-signature: v1,<base64 HMAC-SHA256 of "id.timestamp.body">`, several of them with a
 * space between. A secret `whsec_…` is base64 behind the prefix; any other is its own UTF-8 bytes.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Seconds that a delivery's clock may differ from ours, either way. */
export const TOLERANCE_S = 300;
/** A sender has one signature for each of its secrets: more than a few is no rotation. */
const MOST_SIGNATURES = 8;

/** Decoded bytes of a secret: fewer can be tried out by a machine. */
export const SHORTEST_KEY = 16;

/**
 * The key that a secret stands for; null for one that is none. Base64 is read strictly: what a lenient reader skips would
 * leave a shorter key, or an empty one, whose signatures anybody can make.
 */
export function standardKey(secret: string): Buffer | null {
  if (!secret.startsWith('whsec_')) return secret.trim() === '' ? null : Buffer.from(secret, 'utf8');
  const text = secret.slice('whsec_'.length);
  const key = Buffer.from(text, 'base64');
  return key.length >= SHORTEST_KEY && key.toString('base64') === text ? key : null;
}

export type StandardSignature =
  | { fits: true; id: string; timestamp: number }
  | { fits: false; why: 'malformed' | 'wrong' | 'stale' };

/** Whether a secret made it, and only then whether it is fresh: a stale answer is no oracle for whoever has no secret. */
export function standardSignature(
  body: Uint8Array,
  headers: Headers,
  secrets: readonly string[],
  nowMs: number,
): StandardSignature {
  const id = headers.get('webhook-id') ?? '';
  const time = headers.get('webhook-timestamp') ?? '';
  const given = (headers.get('webhook-signature') ?? '').split(' ').filter((one) => one !== '');
  if (!/^[\x21-\x7e]{1,200}$/.test(id) || !/^\d{1,12}$/.test(time) || given.length > MOST_SIGNATURES)
    return { fits: false, why: 'malformed' };
  let fits = false;
  for (const secret of secrets) {
    const key = standardKey(secret);
    if (key === null) continue;
    const made = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest();
    for (const one of given) {
      const claimed = Buffer.from(one.startsWith('v1,') ? one.slice(3) : '', 'base64');
      fits = (claimed.length === made.length && timingSafeEqual(made, claimed)) || fits;
    }
  }
  if (!fits) return { fits: false, why: 'wrong' };
  const timestamp = Number(time);
  if (Math.abs(nowMs / 1_000 - timestamp) > TOLERANCE_S) return { fits: false, why: 'stale' };
  return { fits: true, id, timestamp };
}
