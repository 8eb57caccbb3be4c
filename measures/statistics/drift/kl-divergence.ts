import type { DriftStatistic } from './method.ts';
import { relativeEntropy, type Shares, sharesOfCategories, sharesOfNumbers, withoutZeros } from './shares.ts';

/** Kullback–Leibler divergence of the current data's bins from the reference's: Σ p·ln(p/q), p the reference. */
export const klDivergence: DriftStatistic = {
  name: 'kl_div',
  title: 'Kullback-Leibler divergence',
  measures: 'distance',
  threshold: 0.1,
  driftedWhenEqual: true,
  numbers: (reference, current) => divergence(sharesOfNumbers(reference, current)),
  categories: (counts) => divergence(sharesOfCategories(counts)),
};

function divergence(shares: Shares): number {
  const { reference, current } = withoutZeros(shares);
  return relativeEntropy(reference, current);
}
