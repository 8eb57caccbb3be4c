/** How likely chance alone shows as much. */
import betainc from '@stdlib/math-base-special-betainc';
import erfc from '@stdlib/math-base-special-erfc';

/**
 * From so many units on, Student's t is taken as normal. Not from 30: corrected over forty slices a test looks so far out into the
 * tail that there the two differ by half.
 */
const MANY = 1_000;

/**
 * P(T ≥ t) of an estimate in standard errors: Student's t with `units` − 1 degrees of freedom. NaN where it cannot be said.
 */
export function upperTail(t: number, units: number): number {
  if (Number.isNaN(t) || units < 2) return Number.NaN;
  if (t < 0) return 1 - upperTail(-t, units);
  if (!Number.isFinite(t)) return 0;
  if (units >= MANY) return erfc(t * Math.SQRT1_2) / 2;
  const freedom = units - 1;
  return betainc(freedom / (freedom + t * t), freedom / 2, 0.5, true, false) / 2;
}

/** Half the width, in standard errors, of the two-sided interval of this confidence: by halving, right to 1e-9. */
export function standardErrors(confidence: number, units = MANY): number {
  let [low, high] = [0, 1_000];
  while (high - low > 1e-9) {
    const t = (low + high) / 2;
    if (2 * upperTail(t, units) > 1 - confidence) low = t;
    else high = t;
  }
  return (low + high) / 2;
}

/**
 * Which of several tests reject at a level that holds for all of them together: with nothing to find, the chance that any
 * rejects is at most `level`. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979).
 *
 * @returns for each p-value, in their order, whether its test rejects; one that is NaN does not, and counts as a test.
 */
export function holm(pValues: readonly number[], level: number): boolean[] {
  const rejects = pValues.map(() => false);
  const rising = pValues.map((p, at) => ({ p: Number.isNaN(p) ? 1 : p, at })).sort((a, b) => a.p - b.p);
  for (const [rank, { p, at }] of rising.entries()) {
    if (p > level / (pValues.length - rank)) break;
    rejects[at] = true;
  }
  return rejects;
}
