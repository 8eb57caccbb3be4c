/** Bodies: read whole, as bytes, within a limit of their own and a limit of all bodies together. */
import { Problem } from '../problem.ts';

/** Deepest nesting of objects and lists in a body: what reads it recurses. */
const DEEPEST = 32;

/** Bytes that all bodies which are being read or worked on may take together: a thousand slow senders take no more. */
export class BodyBudget {
  #left: number;
  constructor(bytes: number) {
    this.#left = bytes;
  }
  /** @throws Problem unavailable when others take it all. Answers how to give it back. */
  take(bytes: number): () => void {
    if (bytes > this.#left)
      throw new Problem('unavailable', 'Too many bodies are being received at once.', {
        next: 'Send it again in a few seconds.',
        headers: { 'retry-after': '5' },
      });
    this.#left -= bytes;
    let given = false;
    return () => {
      if (!given) this.#left += bytes;
      given = true;
    };
  }
}

/** What the body may take: its announced length, or all that is allowed when it comes in chunks. @throws Problem too-large. */
export function announcedBytes(headers: Headers, limit: number): number {
  const length = headers.get('content-length');
  if (length === null) return headers.has('transfer-encoding') ? limit : 0;
  if (!/^\d{1,15}$/.test(length) || Number(length) > limit) throw tooLarge(limit);
  return Number(length);
}

/** @throws Problem too-large as soon as it is. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(parts);
    size += value.length;
    if (size > limit) {
      await reader.cancel().catch(() => {});
      throw tooLarge(limit);
    }
    parts.push(value);
  }
}

const tooLarge = (limit: number) =>
  new Problem('too-large', `The body is larger than ${limit} bytes.`, {
    next: 'Send references to data, not data: the store holds it, the request names it.',
    headers: { connection: 'close' },
  });

/**
 * The body as JSON. @throws Problem malformed-body for bytes that are not UTF-8 or not JSON, for nesting deeper than 32, and
 * for keys that would change what other objects inherit once somebody copies them.
 */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem('malformed-body', 'The body is not UTF-8.', { next: 'Send JSON, as UTF-8.' });
  }
  if (deeperThan(text, DEEPEST))
    throw new Problem('malformed-body', `The body is nested deeper than ${DEEPEST} levels.`, {
      next: 'Flatten it: nothing that is read here goes so deep.',
    });
  try {
    return JSON.parse(text, (key, value) => {
      if (key === '__proto__') throw new PollutingKey();
      return value;
    });
  } catch (error) {
    const detail =
      error instanceof PollutingKey
        ? 'The body holds a key "__proto__", which no object here has.'
        : 'The body is not JSON.';
    throw new Problem('malformed-body', detail, { next: 'Send one JSON value, complete and alone.' });
  }
}

class PollutingKey extends Error {}

/** Counts brackets outside of strings: linear, and without a stack of its own. */
function deeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (inString) {
      if (unit === 0x5c) i++;
      else if (unit === 0x22) inString = false;
    } else if (unit === 0x22) inString = true;
    else if (unit === 0x5b || unit === 0x7b) {
      if (++depth > limit) return true;
    } else if (unit === 0x5d || unit === 0x7d) depth--;
  }
  return false;
}
