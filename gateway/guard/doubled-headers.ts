/** Headers by which somebody decides, sent twice: a proxy before us may have read the other one. */
import { Problem } from '../problem.ts';

const decisive = new Set([
  ...['host', 'origin', 'authorization', 'content-type', 'content-length', 'transfer-encoding', 'content-encoding'],
  ...['idempotency-key', 'x-hub-signature-256', 'x-github-event'],
  ...[
    'webhook-id',
    'webhook-timestamp',
    'webhook-signature',
    'ce-specversion',
    'ce-id',
    'ce-source',
    'ce-type',
    'ce-time',
  ],
]);

/** @param raw names and values in turn, as Node has them. @throws Problem invalid-request */
export function guardDoubledHeaders(raw: readonly string[]): void {
  const seen = new Set<string>();
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    if (!decisive.has(name)) continue;
    if (seen.has(name))
      throw new Problem('invalid-request', `The header ${name} came more than once.`, { next: 'Send it once.' });
    seen.add(name);
  }
}
