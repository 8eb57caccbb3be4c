/**
 * JSON as Python's clients send it, without losing a digit: whole numbers that a double does not hold, and the bare NaN, Infinity and
 * -Infinity that Python writes, come as {@link ExactNumber}.
 */

import { parseJson } from '#gateway/guard/body.ts';
import { Problem } from '#gateway/problem.ts';

/** The number as it was written. */
export class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toJSON(): string {
    return this.text;
  }
}

const MARK = '\u0000number:';
/** What JSON's own parser would round or refuse. */
const SPECIAL = /\d{16}|NaN|Infinity/;
const TOKEN = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

/** What is marked, and nothing else. */
const NUMBER = /^(?:-?\d{16,}|-?Infinity|NaN)$/;

/** @throws Problem malformed-body */
export function parseExact(bytes: Uint8Array): unknown {
  const text = new TextDecoder('utf-8').decode(bytes);
  if (!SPECIAL.test(text)) return parseJson(bytes);
  if (text.includes('\\u0000number:') || text.includes(MARK))
    throw new Problem('malformed-body', 'The body holds a text that begins with NUL.', { next: 'Send it without.' });
  const marked = text.replace(TOKEN, (token) =>
    token.startsWith('"') || (/^-?\d/.test(token) && !/^-?\d{16,}$/.test(token)) ? token : `"\\u0000number:${token}"`,
  );
  return restored(parseJson(Buffer.from(marked, 'utf8')));
}

function restored(value: unknown): unknown {
  if (typeof value === 'string') {
    // A text can come to begin like this by escapes, too: only what was marked above is a number.
    const number = value.startsWith(MARK) ? value.slice(MARK.length) : '';
    return NUMBER.test(number) ? new ExactNumber(number) : value;
  }
  if (Array.isArray(value)) return value.map(restored);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, restored(each)]));
}
