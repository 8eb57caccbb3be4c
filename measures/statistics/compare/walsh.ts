/**
 * The `rank`-th smallest (from 1) of the means (x_i + x_j)/2 of all pairs i ≤ j, without making them: how many lie at or below
 * a value is one walk over the sorted values, and halving finds the value to the last bits.
 */
export function walshQuantile(sorted: Float64Array, rank: number): number {
  let low = sorted[0] as number;
  let high = sorted[sorted.length - 1] as number;
  if (atOrBelow(sorted, low) >= rank) return low;
  while (high - low > 1e-15 * Math.max(Math.abs(low), Math.abs(high))) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (atOrBelow(sorted, middle) >= rank) high = middle;
    else low = middle;
  }
  return high;
}

function atOrBelow(sorted: Float64Array, value: number): number {
  let count = 0;
  let right = sorted.length - 1;
  for (let left = 0; left < sorted.length; left++) {
    while (right >= left && (sorted[left] as number) + (sorted[right] as number) > 2 * value) right--;
    if (right < left) break;
    count += right - left + 1;
  }
  return count;
}
