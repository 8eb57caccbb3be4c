import type { Weights } from './metric.ts';

/** Σ w·v / Σ w. NaN for no weight. Rows of weight 0 count for nothing even where their value is infinite. */
export function weightedMean(values: Float64Array, weights: Weights): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = weights[i] as number;
    if (weight === 0) continue;
    sum += weight * (values[i] as number);
    total += weight;
  }
  return sum / total;
}
