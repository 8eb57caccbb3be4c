import type { DriftStatistic } from './method.ts';
import { type Shares, sharesOfCategories, sharesOfNumbers, withoutZeros } from './shares.ts';

/** Population stability index: Σ (p − q)·ln(p/q) over bins; symmetric. */
export const psi: DriftStatistic = {
  name: 'psi',
  title: 'PSI',
  measures: 'distance',
  threshold: 0.1,
  driftedWhenEqual: true,
  numbers: (reference, current) => index(sharesOfNumbers(reference, current)),
  categories: (counts) => index(sharesOfCategories(counts)),
};

function index(shares: Shares): number {
  const { reference, current } = withoutZeros(shares);
  return reference.reduce((sum, p, i) => sum + (p - current[i]!) * Math.log(p / current[i]!), 0);
}
