/**
 * DSSE envelopes, signed with Ed25519 (https://github.com/secure-systems-lab/dsse, version 1), in one spelling only: whatever
 * is read must be what would be written, so that no byte of an envelope is outside of what its signature and checks cover.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '#contracts/json.ts';

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

const Base64 = z
  .string()
  .refine((text) => Buffer.from(text, 'base64').toString('base64') === text, 'it is not canonical base64');
const Envelope = z.strictObject({
  payload: Base64,
  payloadType: z.literal(PAYLOAD_TYPE),
  signatures: z.tuple([z.strictObject({ keyid: z.string().regex(/^[0-9a-f]{64}$/), sig: Base64 })]),
});

export interface Opened {
  payload: Buffer;
  /** SHA-256 of the public key's DER, as the envelope says it: nothing signs it. */
  keyid: string;
  signature: Buffer;
}

/** SHA-256 over the DER of a public key (SubjectPublicKeyInfo), in hexadecimal: what names it. */
export function fingerprint(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** The text of a signed envelope: the same for the same payload and key, however often. */
export function seal(payload: string, key: KeyObject): string {
  const bytes = Buffer.from(payload);
  const sig = sign(null, preAuthentication(bytes), key).toString('base64');
  return written({
    payload: bytes.toString('base64'),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid: fingerprint(createPublicKey(key)), sig }],
  });
}

/** What is in an envelope, unchecked by any key; in words why it is none. */
export function open(text: string): Opened | { problem: string } {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return { problem: 'it is no JSON: it was cut off or changed' };
  }
  const parsed = Envelope.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      problem: `it is no DSSE envelope of one signature (${issue?.path.join('.') || 'all of it'}: ${issue?.message})`,
    };
  }
  if (written(parsed.data) !== text)
    return { problem: 'it is not spelled as it was written: characters were added, left out or put in another order' };
  const [{ keyid, sig }] = parsed.data.signatures;
  return { payload: Buffer.from(parsed.data.payload, 'base64'), keyid, signature: Buffer.from(sig, 'base64') };
}

/** true where this key signed this very payload. */
export const isSignedBy = ({ payload, signature }: Opened, key: KeyObject): boolean =>
  verify(null, preAuthentication(payload), key, signature);

const written = (envelope: z.output<typeof Envelope>) => `${canonicalJson(envelope)}\n`;

/** DSSE's PAE: what is signed. */
function preAuthentication(payload: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(PAYLOAD_TYPE)} ${PAYLOAD_TYPE} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}
