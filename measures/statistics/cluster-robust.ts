/** Standard errors of a weighted mean whose rows hang together. */

import type { Units } from './units.ts';

/**
 * Cluster-robust standard error of Σ w·v / Σ w: √Σ_g (Σ_{i∈g} w_i (v_i − mean))² / Σ w (Liang & Zeger 1986), CR0, or with the
 * factor G/(G − 1) for few clusters, CR1 (as statsmodels' `cov_type='cluster'` of a mean). CR1 with every row its own unit is
 * the standard error of a mean. NaN for fewer than two units with a weight.
 */
export function clusterRobust(
  values: Float64Array,
  weights: ArrayLike<number> | null,
  units: Units | null,
): { readonly mean: number; readonly cr0: number; readonly cr1: number; readonly units: number } {
  const weightOf = (row: number) => (weights ? (weights[row] as number) : 1);
  let [sum, total] = [0, 0];
  for (let row = 0; row < values.length; row++) {
    if (weightOf(row) === 0) continue;
    sum += weightOf(row) * (values[row] as number);
    total += weightOf(row);
  }
  const mean = sum / total;
  const sums = new Float64Array(units ? units.count : values.length);
  const there = new Uint8Array(sums.length);
  for (let row = 0; row < values.length; row++) {
    if (weightOf(row) === 0) continue;
    const unit = units ? (units.of[row] as number) : row;
    sums[unit] = (sums[unit] as number) + weightOf(row) * ((values[row] as number) - mean);
    there[unit] = 1;
  }
  const count = there.reduce((all, one) => all + one, 0);
  const squares = sums.reduce((all, each) => all + each * each, 0);
  const cr0 = count < 2 ? Number.NaN : Math.sqrt(squares) / total;
  return { mean, cr0, cr1: cr0 * Math.sqrt(count / (count - 1)), units: count };
}
