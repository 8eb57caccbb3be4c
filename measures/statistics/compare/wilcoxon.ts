import { normalQuantile } from '../normal-quantile.ts';
import { descending } from '../order.ts';
import { normalTwoSided } from './normal-tail.ts';
import type { PairedTest } from './paired-test.ts';
import { walshQuantile } from './walsh.ts';

/** Up to here, and without ties or zeros, the p-value is exact; as scipy's `method='auto'`. */
const EXACT = 50;

/**
 * Wilcoxon's signed ranks (1945) of what each row costs or gains: the pseudo-median of the differences (Hodges & Lehmann 1963:
 * the median of the means of all pairs) with the interval that the test keeps. It says what the typical row gains, and not the
 * mean: a few large errors count no more than their ranks. The test is of symmetry around 0: where both models are equally good
 * in the mean and their errors differ in shape it is not at its level.
 *
 * The p-value leaves zeros out (`zero_method='wilcox'`); the interval keeps them. Rows are independent and count the same.
 * `standardError` is the interval's half width in normal quantiles.
 *
 * @param differences by row, in the direction of better
 */
export function wilcoxon(differences: Float64Array, confidence: number): PairedTest {
  const n = differences.length;
  if (n === 0) return { difference: NaN, lower: NaN, upper: NaN, standardError: NaN, pValue: NaN };
  const sorted = differences.slice().sort();
  const quantile = normalQuantile(1 - (1 - confidence) / 2);
  const pairs = (n * (n + 1)) / 2;
  // The rank sum that the test just keeps: so many means of pairs lie beyond the interval on either side.
  const beyond = Math.max(0, Math.floor(pairs / 2 - quantile * Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24)));
  const lower = walshQuantile(sorted, beyond + 1);
  const upper = walshQuantile(sorted, pairs - beyond);
  const middle = (walshQuantile(sorted, Math.ceil(pairs / 2)) + walshQuantile(sorted, Math.floor(pairs / 2) + 1)) / 2;
  return {
    difference: middle,
    lower,
    upper,
    standardError: (upper - lower) / (2 * quantile),
    pValue: signedRanks(differences).pValue,
  };
}

/** The smaller rank sum and the two-sided p-value, zeros left out, no continuity correction; as scipy's. @internal */
export function signedRanks(differences: Float64Array): { readonly statistic: number; readonly pValue: number } {
  const kept = differences.filter((value) => value !== 0);
  const n = kept.length;
  if (n === 0) return { statistic: 0, pValue: Number.NaN };
  const order = descending(kept.map(Math.abs)).reverse();
  let [positive, ties] = [0, 0];
  for (let from = 0, rank = 0; rank < n; rank++) {
    const size = Math.abs(kept[order[rank] as number] as number);
    if (rank < n - 1 && Math.abs(kept[order[rank + 1] as number] as number) === size) continue;
    const tied = rank + 1 - from;
    ties += tied ** 3 - tied;
    for (let at = from; at <= rank; at++)
      if ((kept[order[at] as number] as number) > 0) positive += (from + rank + 2) / 2;
    from = rank + 1;
  }
  const all = (n * (n + 1)) / 2;
  const statistic = Math.min(positive, all - positive);
  if (differences.length <= EXACT && ties === 0 && n === differences.length)
    return { statistic, pValue: Math.min(1, 2 * exactTail(statistic, n)) };
  const spread = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - ties / 48);
  return { statistic, pValue: normalTwoSided((positive - all / 2) / spread) };
}

/** P(rank sum ≤ w) when every sign is a fair coin: how many of the 2ⁿ subsets of 1 … n have such a sum. */
function exactTail(w: number, n: number): number {
  const ways = new Float64Array((n * (n + 1)) / 2 + 1);
  ways[0] = 1;
  for (let rank = 1; rank <= n; rank++)
    for (let sum = ways.length - 1; sum >= rank; sum--)
      ways[sum] = (ways[sum] as number) + (ways[sum - rank] as number);
  let below = 0;
  for (let sum = 0; sum <= w; sum++) below += ways[sum] as number;
  return below / 2 ** n;
}
