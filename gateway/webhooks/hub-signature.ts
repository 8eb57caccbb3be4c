/** GitHub's signature of a delivery: `X-Hub-Signature-256: sha256=<lower-case hex HMAC-SHA256 of the raw body>`. */
import { createHmac, timingSafeEqual } from 'node:crypto';

const Signature = /^sha256=([0-9a-f]{64})$/;

/** True when one of the secrets made it. Tries all of them, whichever fits, so that time tells nothing. */
export function hubSignatureFits(body: Uint8Array, header: string | null, secrets: readonly string[]): boolean {
  const [, hex] = Signature.exec(header ?? '') ?? [];
  if (hex === undefined) return false;
  const given = Buffer.from(hex, 'hex');
  let fits = false;
  for (const secret of secrets)
    fits = timingSafeEqual(createHmac('sha256', secret).update(body).digest(), given) || fits;
  return fits;
}
