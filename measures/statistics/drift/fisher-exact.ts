import gammaln from '@stdlib/math-base-special-gammaln';
import { type DriftStatistic, NotTestable } from './method.ts';

/** Ties of probabilities are counted within this relative distance. */
const EQUAL = 1 + 1e-7;

/** Fisher's exact test of two categories, two-sided: the probability of all tables that are no likelier than this one. */
export const fisherExact: DriftStatistic = {
  name: 'fisher_exact',
  title: "Fisher's Exact test",
  measures: 'p_value',
  threshold: 0.1,
  driftedWhenEqual: false,
  categories: ({ reference, current, referenceSize, currentSize }) => {
    if (reference.length > 2)
      throw new NotTestable(`fisher_exact needs two categories, and there are ${reference.length}: use chisquare`);
    if (reference.length < 2) return 1;
    const [first, all] = [reference[0]! + current[0]!, referenceSize + currentSize];
    const low = Math.max(0, first - referenceSize);
    const high = Math.min(first, currentSize);
    const logs = Float64Array.from(
      { length: high - low + 1 },
      (_, i) => choose(currentSize, low + i) + choose(referenceSize, first - low - i) - choose(all, first),
    );
    const observed = logs[current[0]! - low]! + Math.log(EQUAL);
    return Math.min(
      logs.reduce((sum, log) => (log <= observed ? sum + Math.exp(log) : sum), 0),
      1,
    );
  },
};

const choose = (n: number, k: number): number => gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1);
