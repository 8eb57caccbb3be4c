import { studentTwoSided } from './drift/student-tail.ts';

/**
 * t with P(|T| ≤ t) = confidence for Student's t with `freedom` degrees, by halving: right to 1e-12 of itself. NaN for no
 * degree of freedom.
 */
export function studentQuantile(confidence: number, freedom: number): number {
  if (!(freedom > 0)) return Number.NaN;
  const beyond = 1 - confidence;
  let [low, high] = [0, 1];
  while (studentTwoSided(high, freedom) > beyond) [low, high] = [high, high * 2];
  while (high - low > 1e-13 * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (studentTwoSided(middle, freedom) > beyond) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
