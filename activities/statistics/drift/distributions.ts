/** Tails of distributions, from @stdlib's special functions. */
import betainc from '@stdlib/math-base-special-betainc';
import erf from '@stdlib/math-base-special-erf';
import erfc from '@stdlib/math-base-special-erfc';
import gammainc from '@stdlib/math-base-special-gammainc';

/** P(Z ≤ z) of the standard normal. Above 0 it is 1 − tail, as in Cephes: what is smaller than 1e-16 is lost there. */
export function normalCdf(z: number): number {
  const x = z * Math.SQRT1_2;
  if (Math.abs(x) < Math.SQRT1_2) return 0.5 + 0.5 * erf(x);
  const tail = 0.5 * erfc(Math.abs(x));
  return x > 0 ? 1 - tail : tail;
}

/** P(X ≥ x), chi-square with `freedom` degrees. */
export function chiSquareTail(x: number, freedom: number): number {
  if (Number.isNaN(x) || freedom <= 0) return Number.NaN;
  if (x <= 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  return gammainc(x / 2, freedom / 2, true, true);
}

/** P(|T| ≥ |t|), Student's t with `freedom` degrees. */
export function studentTwoSided(t: number, freedom: number): number {
  if (Number.isNaN(t) || freedom <= 0) return Number.NaN;
  if (!Number.isFinite(t)) return 0;
  return betainc(freedom / (freedom + t * t), freedom / 2, 0.5, true, false);
}
