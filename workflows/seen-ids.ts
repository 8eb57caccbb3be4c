/**
 * Ids that were taken in, so that a second delivery counts for nothing. The newest 2,048 are kept, as 9 characters each,
 * in one string that goes along when the loop starts over. Older ones are forgotten: a source that repeats itself after
 * that long is caught, where it asks for a run by hand, by the run's own id.
 */

const KEPT = 2_048;
const WIDTH = 9;
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';

export class SeenIds {
  /** In the order of coming: a Set keeps it. */
  readonly #seen: Set<string>;

  constructor(carried: string) {
    this.#seen = new Set();
    for (let at = 0; at + WIDTH <= carried.length; at += WIDTH) this.#seen.add(carried.slice(at, at + WIDTH));
  }

  /**
   * @param apart among those that others choose: whoever makes up an id with the hash of one of ours silences nothing
   * @returns false when it was there before
   */
  add(id: string, apart = false): boolean {
    const plain = hashed(id);
    const key = apart ? apartOf(plain) : plain;
    // Remembered before there were two kinds.
    if (this.#seen.has(key) || this.#seen.has(plain)) return false;
    this.#seen.add(key);
    if (this.#seen.size > KEPT) for (const oldest of this.#seen) return this.#seen.delete(oldest);
    return true;
  }

  delete(id: string): void {
    this.#seen.delete(hashed(id));
    this.#seen.delete(apartOf(hashed(id)));
  }

  has(id: string): boolean {
    return this.#seen.has(hashed(id));
  }

  carried(): string {
    return [...this.#seen].join('');
  }
}

/** A hash has 53 bits, so that its first digit is among the lower half: the upper one is free for the other kind. */
const apartOf = (key: string) => `${digits[digits.indexOf(key.charAt(0)) + 32]}${key.slice(1)}`;

/** 53 bits of the id (cyrb53, public domain): among 2,048 two meet by chance once in a billion loops. */
function hashed(id: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let at = 0; at < id.length; at++) {
    const unit = id.charCodeAt(at);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  let value = 4294967296 * (2097151 & b) + (a >>> 0);
  let text = '';
  for (let place = 0; place < WIDTH; place++) {
    text = digits[value % 64] + text;
    value = Math.floor(value / 64);
  }
  return text;
}
