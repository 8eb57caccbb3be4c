import { clusterRobust } from '../cluster-robust.ts';
import { studentTwoSided } from '../drift/student-tail.ts';
import { studentQuantile } from '../student-quantile.ts';
import type { Units } from '../units.ts';
import type { PairedTest } from './paired-test.ts';

/**
 * Student's paired t on what each row costs or gains: the mean difference with its interval, of one degree of freedom less
 * than rows. With units its standard error is that of the units left out one by one, with weights that of the weighted
 * mean, and Student's degrees of freedom fall with their inequality. NaN for fewer than two units, and p-value NaN where no row differs.
 *
 * @param differences by row, in the direction of better
 */
export function pairedT(
  differences: Float64Array,
  weights: Float64Array | null,
  units: Units | null,
  confidence: number,
): PairedTest {
  const { mean, cr1, jackknife, freedom } = clusterRobust(differences, weights, units);
  const standardError = units ? jackknife : cr1;
  const half = studentQuantile(confidence, freedom) * standardError;
  return {
    difference: mean,
    lower: mean - half,
    upper: mean + half,
    standardError,
    pValue: standardError === 0 ? Number.NaN : studentTwoSided(mean / standardError, freedom),
  };
}
