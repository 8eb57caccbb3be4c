/**
 * Exact tail of the two-sample Kolmogorov–Smirnov statistic: the share of lattice paths from (0,0) to (n,m) that leave
 * the band |i/n − j/m| < d. Hodges (1958), "The significance probability of the Smirnov two-sample test".
 */

/** P(D ≥ d) for samples of n and m; null when rounding took it out of [0, 1]. */
export function smirnovTail(n: number, m: number, d: number): number | null {
  const divisor = gcd(n, m);
  const steps = Math.round(d * (n / divisor) * m);
  if (steps === 0) return 1;
  const p = n === m ? equalSizes(n, steps) : unequalSizes(Math.max(n, m), Math.min(n, m), divisor, steps);
  return p >= 0 && p <= 1 ? p : null;
}

/** Gnedenko–Korolyuk: 2·(C(2n,n−h) − C(2n,n−2h) + …) / C(2n,n), factored so that nothing cancels. */
function equalSizes(n: number, h: number): number {
  let p = 0;
  for (let k = Math.floor(n / h); k >= 0; k--) {
    let term = 1;
    for (let j = 0; j < h; j++) term = ((n - k * h - j) * term) / (n + k * h + j + 1);
    p = term * (1 - p);
  }
  return 2 * p;
}

/**
 * outside(i, j): probability that a random path to (i, j) has left the band; 1 outside of it. One column is kept, and of
 * it the part inside of the band.
 */
function unequalSizes(n: number, m: number, divisor: number, h: number): number {
  const perN = n / divisor;
  const perM = m / divisor;
  let low = 0;
  let high = Math.min(Math.ceil(h / perN), m + 1);
  let column = new Float64Array(Math.min(2 * high + 2, m + 1) + 1).fill(1);
  column.fill(0, 0, high);
  let before = column.slice();
  for (let i = 1; i <= n; i++) {
    const lastLow = low;
    const lastHigh = high;
    low = Math.min(Math.max(Math.floor((perM * i - h) / perN) + 1, 0), m);
    high = Math.min(Math.ceil((perM * i + h) / perN), m + 1);
    if (high <= low) return 1;
    [before, column] = [column, before];
    let value = low === 0 ? 0 : 1;
    for (let j = low; j < high; j++) {
      const left = j < lastHigh ? before[j - lastLow]! : 1;
      value = (left * i + value * j) / (i + j);
      column[j - low] = value;
    }
  }
  return column[high - low - 1]!;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
