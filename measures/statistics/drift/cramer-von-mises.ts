import gammaln from '@stdlib/math-base-special-gammaln';
import { besselKQuarter } from './bessel-k.ts';
import { cramerVonMisesExact } from './cramer-von-mises-exact.ts';
import type { DriftStatistic } from './method.ts';
import { NotTestable } from './method.ts';
import { ExactSum, type Sample, walk } from './sample.ts';

/** Up to this size of the larger sample the p-value is the exact one. */
const EXACT_UP_TO = 20;

/** Two-sample Cramér–von Mises with midranks, as Evidently has it: ties raise the statistic, so it alarms on few distinct values. */
export const cramerVonMises: DriftStatistic = {
  name: 'cramer_von_mises',
  title: 'Cramer-von Mises',
  measures: 'p_value',
  threshold: 0.1,
  driftedWhenEqual: true,
  numbers: (reference, current) => {
    const [n, m] = [reference.size, current.size];
    if (n <= 1 || m <= 1) throw new NotTestable('cramer_von_mises needs two values on either side');
    const u = rankDistance(reference, current);
    if (Math.max(n, m) <= EXACT_UP_TO) return cramerVonMisesExact(u, n, m);
    const [product, total] = [n * m, n + m];
    const t = u / (product * total) - (4 * product - 1) / (6 * total);
    // Mean and variance of t (Anderson 1962, equations 11 and 14), then its limit distribution.
    const mean = (1 + 1 / total) / 6;
    const variance =
      ((total + 1) * (4 * product * total - 3 * (n ** 2 + m ** 2) - 2 * product)) / (45 * total ** 2 * 4 * product);
    const normed = 1 / 6 + (t - mean) / Math.sqrt(45 * variance);
    return normed < 0.003 ? 1 : Math.max(0, 1 - limitCdf(normed));
  },
};

/** n·Σ(rank − own rank)² + the same of the other sample. */
function rankDistance(a: Sample, b: Sample): number {
  const sums = [new ExactSum(), new ExactSum()] as const;
  walk(a, b, (_value, _next, belowA, belowB, atA, atB) => {
    const tied = atA + atB;
    const rank = belowA + belowB - tied + (tied + 1) / 2;
    addSquares(sums[0], rank - (belowA - atA), atA);
    addSquares(sums[1], rank - (belowB - atB), atB);
  });
  return a.size * sums[0].value + b.size * sums[1].value;
}

/** Σ (from − j)², j = 1 … count. */
function addSquares(sum: ExactSum, from: number, count: number): void {
  if (count === 0) return;
  if (count === 1) {
    sum.add((from - 1) ** 2);
    return;
  }
  // Around the middle of the run, so that nothing cancels.
  sum.add(count * (from - (count + 1) / 2) ** 2);
  sum.add((count * (count * count - 1)) / 12);
}

/** Csörgő & Faraway (1996), equation 1.2; ends at terms below 1e-7, as Evidently does. */
function limitCdf(x: number): number {
  let sum = 0;
  for (let k = 0; ; k++) {
    const y = 4 * k + 1;
    const q = y ** 2 / (16 * x);
    const factor = Math.exp(gammaln(k + 0.5) - gammaln(k + 1)) / (Math.PI ** 1.5 * Math.sqrt(x));
    const term = factor * Math.sqrt(y) * Math.exp(-q) * besselKQuarter(q);
    sum += term;
    if (Math.abs(term) < 1e-7) return sum;
  }
}
