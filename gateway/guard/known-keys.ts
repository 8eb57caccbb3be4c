/**
 * One Idempotency-Key, one request: the same key with another body is a mistake of its sender, which must not look like
 * success. Remembered in this process; that a repeated request counts once does not rest on it, but on the loop.
 */
import { createHash } from 'node:crypto';
import { Problem } from '../problem.ts';

const MOST = 10_000;
const bodies = new Map<string, string>();

/** @throws Problem unprocessable when `id`, made of caller, pipeline and key, came with another body before. */
export function sameRequest(id: string, body: Uint8Array): void {
  const digest = createHash('sha256').update(body).digest('base64');
  const before = bodies.get(id);
  if (before !== undefined && before !== digest)
    throw new Problem('unprocessable', 'This Idempotency-Key was used with another body.', {
      next: 'A key names one request: send the first body again, or another key.',
    });
  if (bodies.size >= MOST)
    for (const oldest of bodies.keys()) {
      bodies.delete(oldest);
      break;
    }
  bodies.set(id, digest);
}
