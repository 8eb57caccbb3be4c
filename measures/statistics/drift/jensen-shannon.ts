import type { DriftStatistic } from './method.ts';
import { relativeEntropy, type Shares, sharesOfCategories, sharesOfNumbers, total } from './shares.ts';

/** Jensen–Shannon distance: the root of half of KL(p‖m) + KL(q‖m), m their mean; natural logarithm, so at most √ln 2; symmetric. */
export const jensenShannon: DriftStatistic = {
  name: 'jensenshannon',
  title: 'Jensen-Shannon distance',
  measures: 'distance',
  threshold: 0.1,
  driftedWhenEqual: true,
  numbers: (reference, current) => distance(sharesOfNumbers(reference, current)),
  categories: (counts) => distance(sharesOfCategories(counts)),
};

function distance(shares: Shares): number {
  const [a, b] = [total(shares.reference), total(shares.current)];
  const p = shares.reference.map((share) => share / a);
  const q = shares.current.map((share) => share / b);
  const mean = p.map((share, i) => (share + q[i]!) / 2);
  return Math.sqrt(Math.max(relativeEntropy(p, mean) + relativeEntropy(q, mean), 0) / 2);
}
