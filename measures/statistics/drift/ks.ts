import { kolmogorovTail } from './kolmogorov.ts';
import type { DriftStatistic } from './method.ts';
import { type Sample, walk } from './sample.ts';
import { smirnovTail } from './smirnov-exact.ts';

/** Largest sample whose p-value is the exact one, as in scipy's `ks_2samp(method='auto')`. */
const EXACT_UP_TO = 10_000;

/** Two-sample Kolmogorov–Smirnov: the p-value of the largest distance between the distribution functions. */
export const ks: DriftStatistic = {
  name: 'ks',
  title: 'K-S p_value',
  measures: 'p_value',
  threshold: 0.05,
  driftedWhenEqual: true,
  numbers: (reference, current) => {
    const distance = largestGap(reference, current);
    const [n, m] = [reference.size, current.size];
    if (Math.max(n, m) <= EXACT_UP_TO) {
      const exact = smirnovTail(n, m, distance);
      if (exact !== null) return exact;
    }
    return kolmogorovTail(roundHalfEven((n * m) / (n + m)), distance);
  },
};

/** sup |F − G|. */
export function largestGap(a: Sample, b: Sample): number {
  let low = 0;
  let high = 0;
  walk(a, b, (_value, _next, belowA, belowB) => {
    const gap = belowA / a.size - belowB / b.size;
    if (gap < low) low = gap;
    if (gap > high) high = gap;
  });
  return Math.max(-low, high);
}

/** numpy's rounding. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
