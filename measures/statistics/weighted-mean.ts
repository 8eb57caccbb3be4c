import type { Weights } from './metric.ts';

/** Σ w·v / Σ w. NaN for no weight. Rows of weight 0 count for nothing even where their value is infinite. */
export function weightedMean(values: Float64Array, weights: Weights): number {
  let sum = 0;
  let total = 0;
  // No branch in here: in a resample a third of the weights is 0, at random, and mispredicting them triples the time.
  for (let i = 0; i < values.length; i++) {
    const weight = weights[i] as number;
    sum += weight * (values[i] as number);
    total += weight;
  }
  return Number.isNaN(sum) ? meanWithoutZeros(values, weights) : sum / total;
}

/** 0·∞ is NaN: the same again, over rows that have a weight. */
function meanWithoutZeros(values: Float64Array, weights: Weights): number {
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
