import erf from '@stdlib/math-base-special-erf';
import erfc from '@stdlib/math-base-special-erfc';

/** P(Z ≤ z) of the standard normal. Above 0 it is 1 − tail, as in Cephes: what is smaller than 1e-16 is lost there. */
export function normalCdf(z: number): number {
  const x = z * Math.SQRT1_2;
  if (Math.abs(x) < Math.SQRT1_2) return 0.5 + 0.5 * erf(x);
  const tail = 0.5 * erfc(Math.abs(x));
  return x > 0 ? 1 - tail : tail;
}
