import gammainc from '@stdlib/math-base-special-gammainc';

/** P(X ≥ x), chi-square with `freedom` degrees. */
export function chiSquareTail(x: number, freedom: number): number {
  if (Number.isNaN(x) || freedom <= 0) return Number.NaN;
  if (x <= 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  return gammainc(x / 2, freedom / 2, true, true);
}
