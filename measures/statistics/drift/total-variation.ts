import type { CategoryCounts } from './category-counts.ts';
import { MersenneTwister } from './mersenne-twister.ts';
import { type DriftStatistic, NotTestable } from './method.ts';

const PERMUTATIONS = 1_000;
/** Beyond this many rows a thousand permutations take too long for what they tell. */
const MOST_ROWS = 2_000_000;

/**
 * p-value of the total variation distance ½Σ|p − q| by 1,000 permutations, seed 0. With the rows in their order the
 * permutations are those of Evidently; without (a stored profile) they are others, equally valid: ± 0.03 at p = 0.5.
 */
export const totalVariation: DriftStatistic = {
  name: 'TVD',
  title: 'Total-Variation-Distance',
  measures: 'p_value',
  threshold: 0.1,
  driftedWhenEqual: false,
  categories: (counts) => {
    const { referenceSize: n, currentSize: m } = counts;
    if (n + m > MOST_ROWS)
      throw new NotTestable(
        `TVD shuffles all rows 1,000 times, and ${(n + m).toLocaleString('en-US')} are too many (most: ${MOST_ROWS.toLocaleString('en-US')}): use jensenshannon or psi`,
      );
    const observed = distance(counts.reference, counts.current, n, m);
    const original = codesOf(counts);
    const rows = new Int32Array(2 ** Math.ceil(Math.log2(n + m)));
    const random = new MersenneTwister(0);
    const behind = new Int32Array(counts.reference.length);
    const reference = new Float64Array(behind.length);
    const current = new Float64Array(behind.length);
    let asFar = 0;
    for (let round = 0; round < PERMUTATIONS; round++) {
      rows.set(original);
      behind.fill(0);
      random.countShuffled(rows, n + m, n, behind);
      for (let i = 0; i < behind.length; i++) {
        current[i] = behind[i]!;
        reference[i] = counts.reference[i]! + counts.current[i]! - behind[i]!;
      }
      // Equal distances differ by rounding; Evidently's order of addition changes with every start of Python.
      if (distance(reference, current, n, m) >= observed - 1e-12) asFar++;
    }
    return asFar / PERMUTATIONS;
  },
};

function distance(reference: Float64Array, current: Float64Array, n: number, m: number): number {
  return 0.5 * reference.reduce((sum, count, i) => sum + Math.abs(count / n - current[i]! / m), 0);
}

function codesOf({ reference, current, codes }: CategoryCounts): Int32Array {
  if (codes) {
    const joined = new Int32Array(codes.reference.length + codes.current.length);
    joined.set(codes.reference);
    joined.set(codes.current, codes.reference.length);
    return joined;
  }
  const joined = new Int32Array([...reference, ...current].reduce((sum, count) => sum + count, 0));
  let at = 0;
  for (const side of [reference, current])
    for (const [category, count] of side.entries()) {
      joined.fill(category, at, at + count);
      at += count;
    }
  return joined;
}
