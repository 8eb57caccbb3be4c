import { type CategoryCounts, countsOfNumbers } from './category-counts.ts';
import { countIn, sturgesEdges } from './histogram.ts';
import type { Sample } from './sample.ts';

/** Shares of the rows by bin or category. */
export interface Shares {
  readonly reference: Float64Array;
  readonly current: Float64Array;
}

/** Up to so many distinct values of the reference each value is a bin of its own. */
const VALUES_AS_BINS = 20;

/** Evidently's bins of numbers: Sturges over both sides together, or the distinct values where there are few. */
export function sharesOfNumbers(reference: Sample, current: Sample): Shares {
  if (reference.values.length <= VALUES_AS_BINS) return sharesOfCategories(countsOfNumbers(reference, current));
  const first = Math.min(reference.values[0]!, current.values[0]!);
  const last = Math.max(reference.values.at(-1)!, current.values.at(-1)!);
  const size = reference.size + current.size;
  const edges = sturgesEdges(first, last, size, reference.integers && current.integers);
  return {
    reference: countIn(edges, reference).map((count) => count / reference.size),
    current: countIn(edges, current).map((count) => count / current.size),
  };
}

export function sharesOfCategories(counts: CategoryCounts): Shares {
  return {
    reference: counts.reference.map((count) => count / counts.referenceSize),
    current: counts.current.map((count) => count / counts.currentSize),
  };
}

/** An empty bin gets 0.0001, or a millionth of the least share where that is no more than 0.0001: logarithms need it. */
export function withoutZeros({ reference, current }: Shares): Shares {
  return { reference: filled(reference), current: filled(current) };
}

function filled(shares: Float64Array): Float64Array {
  const least = shares.reduce((low, share) => (share > 0 && share < low ? share : low), Number.POSITIVE_INFINITY);
  const fill = least <= 0.0001 ? least / 1e6 : 0.0001;
  return shares.map((share) => (share === 0 ? fill : share));
}

/** Σ p·ln(p/q) of shares that are first made to sum to one. */
export function relativeEntropy(p: Float64Array, q: Float64Array): number {
  const [a, b] = [total(p), total(q)];
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const [x, y] = [p[i]! / a, q[i]! / b];
    if (x > 0) sum += y === 0 ? Number.POSITIVE_INFINITY : x * Math.log(x / y);
  }
  return sum;
}

export function total(shares: Float64Array): number {
  return shares.reduce((sum, share) => sum + share, 0);
}
