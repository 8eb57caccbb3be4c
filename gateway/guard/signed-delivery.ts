/** Deliveries that a signature vouches for: is it true, is it fresh, was it taken before? */
import { createHash } from 'node:crypto';
import type { Answered, Operation } from '../operation.ts';
import { Problem } from '../problem.ts';
import { OLDEST_PUSH_MS } from '../webhooks/github.ts';
import { hubSignatureFits } from '../webhooks/hub-signature.ts';
import { standardSignature, TOLERANCE_S } from '../webhooks/standard-signature.ts';
import type { Nonces } from './nonces.ts';

export interface Signing {
  nonces: Nonces;
  secrets: { github: readonly string[]; webhook: readonly string[] };
}

export interface Verified {
  nonce: string;
  until: number;
  /** The answer to a delivery that was acknowledged before, where sending again is no mistake. */
  seen: Answered | null;
}

/** @throws Problem unauthenticated, stale or replayed. */
export function verified(
  { access }: Operation,
  bytes: Uint8Array,
  headers: Headers,
  pipeline: string,
  { secrets, nonces }: Signing,
  now: number,
): Verified {
  const kind = access === 'github' ? 'github' : 'webhook';
  if (secrets[kind].length === 0)
    throw new Problem('unauthenticated', 'This gateway was given no secret for such deliveries.', {
      next: `Start it with ${kind === 'github' ? 'RATCHET_GITHUB_SECRET' : 'RATCHET_WEBHOOK_SECRET'} (or …_FILE) set.`,
    });
  if (kind === 'github') {
    if (!hubSignatureFits(bytes, headers.get('x-hub-signature-256'), secrets.github)) throw wrongSignature();
    const nonce = `github ${pipeline} ${createHash('sha256').update(bytes).digest('hex')}`;
    const again: Answered = {
      status: 200,
      body: { acknowledged: [], ignored: 'this delivery was acknowledged before' },
    };
    // Longer than the three days in which GitHub sends again: what is older than those is refused by its own time.
    return { nonce, until: now + OLDEST_PUSH_MS + 10 * 60_000, seen: nonces.has(nonce) ? again : null };
  }
  const signature = standardSignature(bytes, headers, secrets.webhook, now);
  if (!signature.fits) {
    if (signature.why === 'stale')
      throw new Problem('stale', `The delivery was signed more than ${TOLERANCE_S} seconds before or after now.`, {
        next: "Sign it anew, and check the sender's clock.",
      });
    throw wrongSignature();
  }
  const nonce = `signed ${pipeline} ${signature.timestamp} ${createHash('sha256').update(signature.id).digest('hex')}`;
  if (nonces.has(nonce))
    throw new Problem('replayed', 'The very same delivery was acknowledged before.', {
      next: 'Nothing: it was. A sender that tries again signs anew.',
    });
  return { nonce, until: (signature.timestamp + TOLERANCE_S + 1) * 1_000, seen: null };
}

const wrongSignature = () =>
  new Problem('unauthenticated', 'The signature is not one of the raw body by a secret of ours.', {
    next: 'Compare the secrets at both ends; a proxy in between must not change the body.',
  });
