/**
 * Ids that were taken in, so that a second delivery counts for nothing. The newest 4,000 are kept, as 9 characters each, in
 * one string that goes along when the loop starts over. Ids of each kind and each sender are a family of their own: where
 * room is wanted, the largest family forgets its oldest, so that a flood of one makes none of the others forgotten. What is
 * older is forgotten: a source that repeats itself after that long is caught, where it asks for a run by hand, by the run's
 * own id.
 */

import { reservedId } from '#contracts/names.ts';

const KEPT = 4_000;
/** Of states of before, which had one family for all. */
const KEPT_BEFORE = 2_048;
const WIDTH = 9;
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';

/** Each is written as its place in this list: only ever add at the end. */
const kinds = [
  ...['dataArrived', 'driftMeasured', 'metricObserved', 'codeChanged', 'labelsArrived', 'fired'],
  ...['partition', 'no rows'],
  'skewMeasured',
] as const;
export type SeenKind = (typeof kinds)[number];

/** Families of senders: of each of ours one; others share out the rest by chance. */
const OURS = ['schedule', 'watch', 'upstream'];
const SENDERS = 19;
/** Begins what goes along; in states of before a hash does. */
const BY_FAMILY = '=';
const BEFORE = '';

export class SeenIds {
  /** By family; in the order of coming, which a Set keeps. */
  readonly #families = new Map<string, Set<string>>();
  #size = 0;

  constructor(carried: string) {
    if (!carried.startsWith(BY_FAMILY)) {
      this.#fill(BEFORE, carried);
      return;
    }
    for (let at = 1; at + 4 <= carried.length; ) {
      const end = at + 4 + number(carried.slice(at + 2, at + 4)) * WIDTH;
      const family = carried.slice(at, at + 2).trim();
      this.#fill(family, carried.slice(at + 4, end));
      at = end;
    }
  }

  /** @returns false when it was there before */
  add(kind: SeenKind, id: string): boolean {
    const key = hashed(id);
    const family = familyOf(kind, id);
    if (this.#families.get(family)?.has(key) || this.#wasSeen(kind, id)) return false;
    this.#put(family, key);
    if (this.#size > KEPT) this.#forgetOne();
    return true;
  }

  has(kind: SeenKind, id: string): boolean {
    return this.#families.get(familyOf(kind, id))?.has(hashed(id)) || this.#wasSeen(kind, id);
  }

  delete(kind: SeenKind, id: string): void {
    this.#drop(familyOf(kind, id), hashed(id));
    for (const key of keysOfBefore(kind, id)) this.#drop(BEFORE, key);
  }

  /**
   * As it was when there was one family: in histories of then it must be decided as it was.
   * @param apart among those that others choose: whoever makes up an id with the hash of one of ours silences nothing
   */
  addAsBefore(kind: SeenKind, id: string, apart = false): boolean {
    const plain = hashed(nameOfBefore(kind, id));
    const key = apart ? apartOf(plain) : plain;
    const family = this.#families.get(BEFORE);
    if (family?.has(key) || family?.has(plain)) return false;
    this.#put(BEFORE, key);
    if ((this.#families.get(BEFORE)?.size ?? 0) > KEPT_BEFORE) this.#forgetOldest(BEFORE);
    return true;
  }

  carried(): string {
    const some = [...this.#families].filter(([, ids]) => ids.size > 0);
    if (some.every(([family]) => family === BEFORE)) return some.flatMap(([, ids]) => [...ids]).join('');
    return BY_FAMILY + some.map(([family, ids]) => family.padEnd(2) + text(ids.size) + [...ids].join('')).join('');
  }

  #wasSeen(kind: SeenKind, id: string): boolean {
    const before = this.#families.get(BEFORE);
    return before !== undefined && keysOfBefore(kind, id).some((key) => before.has(key));
  }

  #fill(family: string, ids: string): void {
    for (let at = 0; at + WIDTH <= ids.length; at += WIDTH) this.#put(family, ids.slice(at, at + WIDTH));
  }

  #put(family: string, key: string): void {
    const ids = this.#families.get(family) ?? new Set();
    this.#families.set(family, ids);
    if (!ids.has(key)) this.#size++;
    ids.add(key);
  }

  #drop(family: string, key: string): void {
    if (this.#families.get(family)?.delete(key)) this.#size--;
  }

  #forgetOne(): void {
    let largest = BEFORE;
    for (const [family, ids] of this.#families)
      if (ids.size > (this.#families.get(largest)?.size ?? 0)) largest = family;
    this.#forgetOldest(largest);
  }

  #forgetOldest(family: string): void {
    const [oldest] = this.#families.get(family) ?? [];
    if (oldest !== undefined) this.#drop(family, oldest);
  }
}

function familyOf(kind: SeenKind, id: string): string {
  // A partition is the same whoever tells of it.
  const sender = kind === 'partition' || kind === 'no rows' ? 0 : senderOf(id);
  return `${digits[kinds.indexOf(kind)]}${digits[sender]}`;
}

/** Ours by their word; others by what the gateway puts before the ids of each. */
function senderOf(id: string): number {
  const [, ours = ''] = reservedId.exec(id) ?? [];
  if (ours) return OURS.indexOf(ours);
  const name = id.slice(0, Math.max(0, id.indexOf(':')));
  return OURS.length + (number(hashed(name).slice(-2)) % (SENDERS - OURS.length));
}

const nameOfBefore = (kind: SeenKind, id: string) =>
  kind === 'partition' || kind === 'no rows' ? `${kind} ${id}` : id;

/** As it may be remembered in a state of before. */
function keysOfBefore(kind: SeenKind, id: string): string[] {
  const plain = hashed(nameOfBefore(kind, id));
  return [plain, apartOf(plain)];
}

const text = (count: number) => `${digits[Math.floor(count / 64)]}${digits[count % 64]}`;
const number = (two: string) => digits.indexOf(two.charAt(0)) * 64 + digits.indexOf(two.charAt(1));

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
