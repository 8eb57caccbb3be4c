/** Bodies: read whole, as bytes, within a limit of their own and a limit of all bodies together. */
import { Problem } from '../problem.ts';

/** Deepest nesting of objects and lists in a body: what reads it recurses. */
const DEEPEST = 32;

/** Bytes that bodies may take while they are received and worked on: of all together, and of each sender. */
export class BodyBudget {
  #left: number;
  readonly #each: number;
  readonly #held = new Map<string, number>();

  constructor(all: number, each: number) {
    this.#left = all;
    this.#each = each;
  }

  /** Counts what has arrived, not what was announced: an announcement costs its sender nothing. @throws Problem unavailable. */
  take(sender: string, bytes: number): void {
    const own = (this.#held.get(sender) ?? 0) + bytes;
    if (bytes > this.#left || own > this.#each)
      throw new Problem('unavailable', 'Too many bodies are being received at once.', {
        next: 'Send it again in a few seconds.',
        headers: { 'retry-after': '5', connection: 'close' },
      });
    this.#left -= bytes;
    this.#held.set(sender, own);
  }

  giveBack(sender: string, bytes: number): void {
    const own = (this.#held.get(sender) ?? 0) - bytes;
    this.#left += bytes;
    if (own > 0) this.#held.set(sender, own);
    else this.#held.delete(sender);
  }
}

/** @throws Problem too-large for a length that is announced and above the limit. */
export function guardLength(headers: Headers, limit: number): void {
  const length = headers.get('content-length');
  if (length !== null && (!/^\d{1,15}$/.test(length) || Number(length) > limit)) throw tooLarge(limit);
}

/**
 * The whole body. `account` is told of each piece before it is kept, and may throw.
 *
 * @throws Problem too-large as soon as it is; malformed-body when its sender goes away or is too slow.
 */
export async function readBody(
  request: Request,
  limit: number,
  account: (bytes: number) => void = () => {},
): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(parts);
      size += value.length;
      if (size > limit) throw tooLarge(limit);
      account(value.length);
      parts.push(value);
    }
  } catch (error) {
    await reader.cancel().catch(() => {});
    if (error instanceof Problem) throw error;
    throw new Problem('malformed-body', 'The body did not come to its end.', { next: 'Send it again.', cause: error });
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
    // Looking at every key is slow; no spelling of that one is without its letters or an escape of ASCII.
    if (!text.includes('__proto__') && !text.includes('\\u00')) return JSON.parse(text);
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
