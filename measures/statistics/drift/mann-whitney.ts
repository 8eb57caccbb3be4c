import type { DriftStatistic } from './method.ts';
import { normalCdf } from './normal-cdf.ts';
import { type Sample, walk } from './sample.ts';

/** Up to this size of the smaller sample, and without ties, the p-value is the exact one (as in scipy). */
const EXACT_UP_TO = 8;

/**
 * Mann–Whitney U, one-sided: small when the reference lies below the current data, and only then (Evidently asks for
 * `alternative='less'`, so that a fall of the values is not seen).
 */
export const mannWhitney: DriftStatistic = {
  name: 'mannw',
  title: 'Mann-Whitney U-rank test',
  measures: 'p_value',
  threshold: 0.05,
  driftedWhenEqual: false,
  numbers: (reference, current) => {
    const [n, m] = [reference.size, current.size];
    const { u, ties } = rankSum(reference, current);
    const u2 = n * m - u;
    if (Math.min(n, m) <= EXACT_UP_TO && ties === 0) return exactTail(n, m, u2);
    const total = n + m;
    const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
    const z = (u2 - (n * m) / 2 - 0.5) / deviation;
    return Math.min(Math.max(normalCdf(-z), 0), 1);
  },
};

/** U of the first sample by midranks, and Σ(t³ − t) over groups of equal values. */
function rankSum(a: Sample, b: Sample): { u: number; ties: number } {
  let ranks = 0;
  let ties = 0;
  walk(a, b, (_value, _next, belowA, belowB, atA, atB) => {
    const t = atA + atB;
    ranks += atA * (belowA + belowB - t + (t + 1) / 2);
    ties += t ** 3 - t;
  });
  return { u: ranks - (a.size * (a.size + 1)) / 2, ties };
}

/** P(U ≥ u): partitions of whole numbers into at most k parts of at most `wide`, counted by the recursion of the Gaussian binomial. */
function exactTail(n: number, m: number, u: number): number {
  const k = Math.min(n, m);
  const wide = Math.max(n, m);
  const counts = new Float64Array(k * wide + 1);
  counts[0] = 1;
  for (let i = 1; i <= k; i++) {
    // times (1 − q^(wide+i)), then divided by (1 − q^i)
    for (let s = counts.length - 1; s >= wide + i; s--) counts[s]! -= counts[s - wide - i]!;
    for (let s = i; s < counts.length; s++) counts[s]! += counts[s - i]!;
  }
  let all = 0;
  let tail = 0;
  for (let s = 0; s < counts.length; s++) {
    all += counts[s]!;
    if (s >= Math.ceil(u)) tail += counts[s]!;
  }
  return Math.min(tail / all, 1);
}
