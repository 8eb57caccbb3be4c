import type { DriftStatistic } from './method.ts';
import { normalCdf } from './normal-cdf.ts';

/** Two-sided z test of two proportions (pooled): the share of all but the first category. Made for two categories. */
export const z: DriftStatistic = {
  name: 'z',
  title: 'Z-test p_value',
  measures: 'p_value',
  threshold: 0.05,
  driftedWhenEqual: false,
  categories: ({ reference, current, referenceSize: n, currentSize: m }) => {
    if (reference.length === 1) return 1;
    const p = (n - reference[0]!) / n;
    const q = (m - current[0]!) / m;
    const pooled = (p * n + q * m) / (n + m);
    const value = (p - q) / Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
    return 2 * (1 - normalCdf(Math.abs(value)));
  },
};
