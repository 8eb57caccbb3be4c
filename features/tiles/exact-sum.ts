/**
 * Sums of doubles without rounding. A double is m · 2^e of whole m and e, and so is every sum of them: kept as such it is the same in
 * whatever order its parts come, and is rounded once, when it is read.
 */

/** m · 2^e; e in steps, so that most sums need no shift. */
export interface Exact {
  readonly m: bigint;
  readonly e: number;
}

export const zero: Exact = { m: 0n, e: 0 };

const STEP = 64;
const bits = new DataView(new ArrayBuffer(8));

/** @param x finite */
export function exact(x: number): Exact {
  if (Number.isSafeInteger(x)) return { m: BigInt(x), e: 0 };
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  const exponent = (high >>> 20) & 0x7ff;
  const fraction = (high & 0xfffff) * 2 ** 32 + bits.getUint32(4);
  const e = Math.max(exponent, 1) - 1_075;
  const step = Math.floor(e / STEP) * STEP;
  const m = BigInt(exponent === 0 ? fraction : fraction + 2 ** 52) << BigInt(e - step);
  return { m: high >>> 31 ? -m : m, e: step };
}

export function plus(a: Exact, b: Exact): Exact {
  if (a.e === b.e) return { m: a.m + b.m, e: a.e };
  if (a.m === 0n) return b;
  if (b.m === 0n) return a;
  return a.e < b.e ? { m: a.m + (b.m << BigInt(b.e - a.e)), e: a.e } : { m: (a.m << BigInt(a.e - b.e)) + b.m, e: b.e };
}

export const times = (a: Exact, b: Exact): Exact => ({ m: a.m * b.m, e: a.e + b.e });

/** The one form of this number: e is as large as it can be, or both are 0. */
export function canonical({ m, e }: Exact): Exact {
  if (m === 0n) return zero;
  while (BigInt.asUintN(STEP, m) === 0n) {
    m >>= BigInt(STEP);
    e += STEP;
  }
  return { m, e };
}

/** The nearest double, of two the even one; ±∞ beyond them. */
export function rounded({ m, e }: Exact): number {
  const size = lengthOf(m);
  const less = Math.max(size - 53, -1_074 - e);
  if (less <= 0) return Number(m) * 2 ** e;
  if (less > size + 1) return m < 0n ? -0 : 0;
  const magnitude = m < 0n ? -m : m;
  const shift = BigInt(less);
  let whole = magnitude >> shift;
  const rest = magnitude - (whole << shift);
  const half = 1n << (shift - 1n);
  if (rest > half || (rest === half && (whole & 1n) === 1n)) whole += 1n;
  const value = Number(whole) * 2 ** (e + less);
  return m < 0n ? -value : value;
}

/** √(a / n), without an overflow on the way. @param a not negative */
export function rootOfShare(a: Exact, n: number): number {
  if (a.m === 0n) return 0;
  const scale = 2 * Math.floor((a.e + lengthOf(a.m)) / 2);
  return Math.sqrt(rounded({ m: a.m, e: a.e - scale }) / n) * 2 ** (scale / 2);
}

function lengthOf(m: bigint): number {
  const text = (m < 0n ? -m : m).toString(16);
  return 4 * (text.length - 1) + (32 - Math.clz32(Number.parseInt(text[0] ?? '0', 16)));
}
