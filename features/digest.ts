import { createHash } from 'node:crypto';
import { canonicalJson } from '#contracts/json.ts';

/** `sha256:` and 64 hex digits of canonical JSON. */
export const digestOf = (value: unknown): string =>
  `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
