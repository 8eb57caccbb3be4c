import betainc from '@stdlib/math-base-special-betainc';
import gammaln from '@stdlib/math-base-special-gammaln';
import { normalQuantile } from '../normal-quantile.ts';
import type { PairedTest } from './paired-test.ts';

/**
 * Two accuracies on the same rows, by the rows that one model alone has right (McNemar 1947). The p-value is the mid-p one:
 * exact, with half of the chance of what was seen (Fagerland, Lydersen & Laake 2013), and 1 where there is no such row.
 * The interval of the difference is Tango's score interval (1998), widened to the exact mid-p limits given the number of such
 * rows where those lie further out, so that it keeps 0 whenever the test does. Rows are independent and count the same.
 *
 * @param candidate by row 1 where it is right
 */
export function mcnemar(candidate: Float64Array, champion: Float64Array, confidence: number): PairedTest {
  let [own, theirs] = [0, 0];
  for (let row = 0; row < candidate.length; row++) {
    if (candidate[row] === champion[row]) continue;
    if (candidate[row] === 1) own++;
    else theirs++;
  }
  return mcnemarOfCounts({ own, theirs, rows: candidate.length }, confidence);
}

interface Counts {
  /** Rows that the candidate alone has right. */
  readonly own: number;
  /** Rows that the champion alone has right. */
  readonly theirs: number;
  readonly rows: number;
}

/** @internal */
export function mcnemarOfCounts(counts: Counts, confidence: number): PairedTest {
  const { own, theirs, rows } = counts;
  const difference = (own - theirs) / rows;
  const variance = (own + theirs) / rows ** 2 - difference ** 2 / rows;
  const mirrored = { own: theirs, theirs: own, rows };
  return {
    difference,
    lower: lowerLimit(counts, confidence),
    upper: -lowerLimit(mirrored, confidence),
    standardError: Math.sqrt(Math.max(0, variance)),
    pValue: exactPValues(own, theirs).midP,
  };
}

/** Two-sided: twice the smaller tail of a fair coin, at most 1, and the mid-p of it. @internal */
export function exactPValues(own: number, theirs: number): { readonly exact: number; readonly midP: number } {
  const [least, all] = [Math.min(own, theirs), own + theirs];
  if (all === 0) return { exact: 1, midP: 1 };
  const tail = atMost(least, all, 0.5);
  return {
    exact: Math.min(1, 2 * tail),
    midP: own === theirs ? 1 : Math.min(1, 2 * tail - chanceOf(least, all, 0.5)),
  };
}

/** P(X ≤ k) of a binomial. */
function atMost(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  return k >= n ? 1 : betainc(1 - p, n - k, k + 1, true, false);
}

const chanceOf = (k: number, n: number, p: number): number => {
  if (p === 0 || p === 1) return (p === 0 ? k === 0 : k === n) ? 1 : 0;
  const choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1);
  return Math.exp(choose + k * Math.log(p) + (n - k) * Math.log1p(-p));
};

/** Of both intervals the end further out. */
function lowerLimit(counts: Counts, confidence: number): number {
  if (counts.rows === 0) return Number.NaN;
  return Math.min(scoreLimit(counts, confidence), conditionalLimit(counts, confidence));
}

/** The least share of the candidate among the rows that one model alone has right which the mid-p test keeps. */
function conditionalLimit({ own, theirs, rows }: Counts, confidence: number): number {
  const all = own + theirs;
  if (all === 0) return 0;
  const beyond = (1 - confidence) / 2;
  // P(X ≥ own), half of P(X = own) taken off: rises with the share.
  const tail = (share: number) => 1 - atMost(own - 1, all, share) - chanceOf(own, all, share) / 2;
  return ((2 * lastBelow(tail, beyond, 0, 1) - 1) * all) / rows;
}

/** Tango's: where the score statistic of the difference reaches the normal quantile. */
function scoreLimit({ own, theirs, rows }: Counts, confidence: number): number {
  const quantile = normalQuantile(1 - (1 - confidence) / 2);
  const statistic = (difference: number): number => {
    const a = 2 * rows;
    const b = -own - theirs + (2 * rows - own + theirs) * difference;
    const c = -theirs * difference * (1 - difference);
    const share = (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a);
    const variance = rows * (2 * share + difference * (1 - difference));
    const distance = own - theirs - rows * difference;
    return variance > 0 ? distance / Math.sqrt(variance) : Math.sign(distance) * Number.POSITIVE_INFINITY;
  };
  // Falls with the difference, so its negative rises.
  return lastBelow((difference) => -statistic(difference), -quantile, -1, (own - theirs) / rows);
}

/** Where a rising function passes `limit` between `low` and `high`, by halving. */
function lastBelow(rising: (at: number) => number, limit: number, low: number, high: number): number {
  let [from, to] = [low, high];
  while (to - from > 1e-14) {
    const middle = (from + to) / 2;
    if (middle === from || middle === to) break;
    if (rising(middle) < limit) from = middle;
    else to = middle;
  }
  return from;
}
