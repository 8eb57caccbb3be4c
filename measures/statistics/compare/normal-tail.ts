import erfc from '@stdlib/math-base-special-erfc';

/** P(|Z| ≥ |z|) of the standard normal. */
export const normalTwoSided = (z: number): number => erfc(Math.abs(z) * Math.SQRT1_2);
