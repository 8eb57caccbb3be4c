import erfc from '@stdlib/math-base-special-erfc';

/** z with P(Z ≤ z) = p for the standard normal, 0 < p < 1, by halving: right to 1e-12 where 1 − p is a double of full precision. */
export function normalQuantile(p: number): number {
  if (p < 0.5) return -normalQuantile(1 - p);
  const tail = 1 - p;
  let [low, high] = [0, 38];
  while (high - low > 1e-12) {
    const z = (low + high) / 2;
    if (0.5 * erfc(z * Math.SQRT1_2) > tail) low = z;
    else high = z;
  }
  return (low + high) / 2;
}
