/** Standard errors of a weighted mean whose rows hang together. */

import type { Units } from './units.ts';

/**
 * Cluster-robust standard error of Σ w·v / Σ w: √Σ_g (Σ_{i∈g} w_i (v_i − mean))² / Σ w (Liang & Zeger 1986), CR0, or with the
 * factor G/(G − 1) for few clusters, CR1 (as statsmodels' `cov_type='cluster'` of a mean). CR1 with every row its own unit is
 * the standard error of a mean. `jackknife` is that of the units left out one by one (CV3), at least CR1, and much more reliable with
 * few and unequal units; `freedom` as of an estimate of the jackknife. NaN for fewer than two units with a weight.
 */
export function clusterRobust(
  values: Float64Array,
  weights: ArrayLike<number> | null,
  units: Units | null,
): {
  readonly mean: number;
  readonly cr0: number;
  readonly cr1: number;
  readonly jackknife: number;
  readonly units: number;
  readonly freedom: number;
} {
  const weightOf = (row: number) => (weights ? (weights[row] as number) : 1);
  let [sum, total] = [0, 0];
  for (let row = 0; row < values.length; row++) {
    if (weightOf(row) === 0) continue;
    sum += weightOf(row) * (values[row] as number);
    total += weightOf(row);
  }
  const mean = sum / total;
  const sums = new Float64Array(units ? units.count : values.length);
  const sizes = new Float64Array(sums.length);
  for (let row = 0; row < values.length; row++) {
    if (weightOf(row) === 0) continue;
    const unit = units ? (units.of[row] as number) : row;
    sums[unit] = (sums[unit] as number) + weightOf(row) * ((values[row] as number) - mean);
    sizes[unit] = (sizes[unit] as number) + weightOf(row);
  }
  let [count, squares, left, heavy] = [0, 0, 0, 0];
  for (let unit = 0; unit < sums.length; unit++) {
    const [sum, size] = [sums[unit] as number, sizes[unit] as number];
    if (size === 0) continue;
    count++;
    squares += sum ** 2;
    // Without the unit the mean is less by sum / (total − size).
    left += (sum / (total - size)) ** 2;
    heavy += size ** 2;
  }
  const cr0 = count < 2 ? Number.NaN : Math.sqrt(squares) / total;
  return {
    mean,
    cr0,
    cr1: cr0 * Math.sqrt(count / (count - 1)),
    jackknife: count < 2 ? Number.NaN : Math.sqrt(((count - 1) / count) * left),
    units: count,
    freedom: total ** 2 / heavy - 1,
  };
}
