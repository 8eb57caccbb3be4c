import betainc from '@stdlib/math-base-special-betainc';

/** P(|T| ≥ |t|), Student's t with `freedom` degrees. */
export function studentTwoSided(t: number, freedom: number): number {
  if (Number.isNaN(t) || freedom <= 0) return Number.NaN;
  if (!Number.isFinite(t)) return 0;
  return betainc(freedom / (freedom + t * t), freedom / 2, 0.5, true, false);
}
