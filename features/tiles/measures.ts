/** What a window computes, in parts that can be put together: of each tile of events one part is kept. */
import { wrong } from '../names.ts';
import type { Reader, TileValue, Writer } from './bytes.ts';
import { type Distinct, distinctOf, readDistinct, sizeOf, union, writeDistinct } from './distinct.ts';
import { order, readEvent, type TileEvent, valuesOf, writeEvent } from './event.ts';
import { canonical, type Exact, exact, plus, rootOfShare, rounded, times, zero } from './exact-sum.ts';

/** A part of nothing is null. Adding and joining give the same in every order. */
export interface Measure<S = unknown> {
  /** @param value null: missing, as NaN is */
  of(value: TileValue, event: TileEvent): S | null;
  join(a: S, b: S): S;
  /** Joins parts of several tiles, when they are read. */
  joinTiles?(a: S, b: S): S;
  write(state: S, to: Writer): void;
  read(from: Reader): S;
}

const count: Measure<number> = {
  of: () => 1,
  join: (a, b) => a + b,
  write: (state, to) => to.float(state),
  read: (from) => from.float(),
};

interface WholeSum {
  readonly n: number;
  readonly sum: bigint;
}
const wholeSum: Measure<WholeSum> = {
  of: (value) => (typeof value === 'bigint' ? { n: 1, sum: value } : null),
  join: (a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum }),
  write: ({ n, sum }, to) => {
    to.float(n);
    to.value(sum);
  },
  read: (from) => ({ n: from.float(), sum: from.integer() }),
};

interface Sum {
  readonly n: number;
  /** Infinite values. */
  readonly up: number;
  readonly down: number;
  /** Of the finite ones. */
  readonly sum: Exact;
}
const one = (x: number): Sum => ({
  n: 1,
  up: x === Number.POSITIVE_INFINITY ? 1 : 0,
  down: x === Number.NEGATIVE_INFINITY ? 1 : 0,
  sum: Number.isFinite(x) ? exact(x) : zero,
});
const sum: Measure<Sum> = {
  of: (value) => (typeof value === 'number' ? one(value) : null),
  join: (a, b) => ({ n: a.n + b.n, up: a.up + b.up, down: a.down + b.down, sum: plus(a.sum, b.sum) }),
  write: (state, to) => {
    to.float(state.n);
    to.count(state.up);
    to.count(state.down);
    writeExact(state.sum, to);
  },
  read: (from) => ({ n: from.float(), up: from.count(), down: from.count(), sum: readExact(from) }),
};

interface Spread extends Sum {
  readonly squares: Exact;
}
const spread: Measure<Spread> = {
  of: (value) => {
    // As history takes it: int64 as the double beside it.
    if (typeof value !== 'number' && typeof value !== 'bigint') return null;
    const part = one(Number(value));
    return { ...part, squares: times(part.sum, part.sum) };
  },
  join: (a, b) => ({ ...sum.join(a, b), squares: plus(a.squares, b.squares) }),
  write: (state, to) => {
    sum.write(state, to);
    writeExact(state.squares, to);
  },
  read: (from) => ({ ...sum.read(from), squares: readExact(from) }),
};

type Ordered = number | bigint;
const extreme = (first: (a: Ordered, b: Ordered) => boolean): Measure<Ordered> => ({
  of: (value) => (typeof value === 'number' || typeof value === 'bigint' ? value : null),
  join: (a, b) => (first(a, b) ? a : b),
  write: (state, to) => to.value(state),
  read: (from) => from.value() as Ordered,
});

/** Newest first. */
const newest = (most: number, nulls: boolean): Measure<readonly TileEvent[]> => ({
  of: (value, event) => (value === null && !nulls ? null : [event]),
  join: (a, b) => {
    const [x, y] = [a[0], b[0]];
    if (most === 1) return x && y && order(x, y) > 0 ? a : b;
    return [...a, ...b].sort((one, other) => order(other, one)).slice(0, most);
  },
  write: (state, to) => {
    to.count(state.length);
    for (const event of state) writeEvent(event, to);
  },
  read: (from) => Array.from({ length: from.count() }, () => readEvent(from)),
});

const distinct: Measure<Distinct> = {
  of: (value) => (value === null ? null : distinctOf(value)),
  join: (a, b) => union(a, b),
  joinTiles: (a, b) => union(a, b, Number.POSITIVE_INFINITY),
  write: writeDistinct,
  read: readDistinct,
};

function writeExact(value: Exact, to: Writer): void {
  const { m, e } = canonical(value);
  to.float(e);
  to.value(m);
}
const readExact = (from: Reader): Exact => ({ e: from.float(), m: from.integer() });

export type Kind = 'count' | 'sum' | 'std' | 'min' | 'max' | 'newest' | 'distinct';

/** @param whole is the column int64? @param most of `newest` */
export function measureOf(kind: Kind, whole: boolean, most: number, nulls: boolean): Measure {
  const found = {
    count,
    sum: whole ? wholeSum : sum,
    std: spread,
    min: extreme((a, b) => a < b),
    max: extreme((a, b) => a > b),
    newest: newest(most, nulls),
    distinct,
  }[kind];
  // A part is only ever given to the measure that made it.
  return found as Measure;
}

const LIMIT = 1n << 63n;

/**
 * What the window gives, of the parts of all its tiles.
 * @param column place among the plan's columns, of how many
 * @throws UserError InvalidInput for a sum of int64 past 64 bits
 */
export function resultOf(
  aggregate: string,
  state: unknown,
  column: number,
  columns: number,
  named: string,
): TileValue | readonly TileValue[] {
  const valueIn = (event: TileEvent): TileValue => {
    const value = valuesOf(event, columns)[column] ?? null;
    return Number.isNaN(value) ? null : value;
  };
  if (state === null) return aggregate === 'count' || aggregate === 'approxDistinct' ? 0n : null;
  switch (aggregate) {
    case 'count':
      return BigInt(state as number);
    case 'sum': {
      const part = state as WholeSum | Sum;
      if (typeof part.sum !== 'bigint') return total(part as Sum);
      if (part.sum >= -LIMIT && part.sum < LIMIT) return part.sum;
      throw wrong(
        named,
        `the sum of its int64 is ${part.sum}, past 64 bits: declare the column float64, or take a mean`,
      );
    }
    case 'mean': {
      const part = state as WholeSum | Sum;
      return (typeof part.sum === 'bigint' ? Number(part.sum) : total(part as Sum)) / part.n;
    }
    case 'std': {
      const { n, up, down, sum: first, squares } = state as Spread;
      if (up + down > 0) return Number.NaN;
      if (n < 2) return null;
      const less = times(first, first);
      return rootOfShare(plus(times({ m: BigInt(n), e: 0 }, squares), { m: -less.m, e: less.e }), n * (n - 1));
    }
    case 'last':
      return (state as readonly TileEvent[]).slice(0, 1).map(valueIn)[0] ?? null;
    case 'lastN':
      return (state as readonly TileEvent[]).map(valueIn);
    case 'approxDistinct':
      return sizeOf(state as Distinct);
  }
  return state as Ordered;
}

function total({ up, down, sum: finite }: Sum): number {
  if (up > 0 && down > 0) return Number.NaN;
  if (up > 0) return Number.POSITIVE_INFINITY;
  return down > 0 ? Number.NEGATIVE_INFINITY : rounded(finite);
}
