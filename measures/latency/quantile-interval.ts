/** A quantile of values that were measured one after the other, with an interval that needs no law of the values. */
import betainc from '@stdlib/math-base-special-betainc';

export interface Interval {
  readonly value: number;
  readonly lower: number;
  /** Infinity where so few values do not say how large the quantile may be. */
  readonly upper: number;
}

/**
 * By order statistics (Conover 1999, 3.2): as many of n values lie below the quantile as a binomial law says. Values that hang
 * together count as fewer: n is divided by how many times more the share beyond the quantile varies between stretches of
 * √n values than it would of independent ones.
 *
 * @param values in the order of their measurement; NaN for none
 * @param q 0.99: the value that 99 of 100 do not exceed, the least of those values for which that is true
 */
export function quantileInterval(values: Float64Array, q: number, confidence: number): Interval {
  const n = values.length;
  if (n === 0) return { value: Number.NaN, lower: Number.NaN, upper: Number.NaN };
  const sorted = values.slice().sort();
  const value = sorted[Math.max(0, Math.ceil(q * n) - 1)] as number;
  const inflation = variationBeyond(values, value, q);
  const count = n / inflation;
  const tail = (1 - confidence) / 2;
  // P(fewer than r of `count` lie below the quantile), which rises with r.
  const fewer = (r: number) => 1 - betainc(q, r, count - r + 1, true, false);
  const low = Math.floor(reached(fewer, tail, count) * inflation + 1e-9);
  const high = Math.ceil(reached(fewer, 1 - tail, count + 1) * inflation - 1e-9);
  return {
    value,
    lower: low < 1 ? 0 : (sorted[low - 1] as number),
    upper: high > n ? Number.POSITIVE_INFINITY : (sorted[high - 1] as number),
  };
}

/** Where a rising function from 0 on reaches `level`, by halving. */
function reached(rising: (r: number) => number, level: number, most: number): number {
  let [low, high] = [0, most];
  while (high - low > 1e-9 * most) {
    const middle = (low + high) / 2;
    if (rising(middle) > level) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

function variationBeyond(values: Float64Array, limit: number, q: number): number {
  const length = stretch(values.length);
  const stretches = Math.floor(values.length / length);
  if (stretches < 8) return 1;
  const shares = Array.from({ length: stretches }, (_, at) =>
    values.subarray(at * length, (at + 1) * length).reduce((sum, value) => sum + (value > limit ? 1 / length : 0), 0),
  );
  const mean = shares.reduce((sum, share) => sum + share, 0) / stretches;
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / (stretches - 1);
  return Math.min(length, Math.max(1, (variance * length) / (q * (1 - q))));
}

/** Values of a stretch that others hardly depend on. */
export const stretch = (values: number): number => Math.max(1, Math.floor(Math.sqrt(values)));
