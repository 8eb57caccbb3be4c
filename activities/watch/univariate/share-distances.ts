/** Distances between shares of rows, over bins or categories. */

/** One more bin for the rows of a chunk that lie in none of the reference's. */
export function withLeftover(reference: ArrayLike<number>, chunk: ArrayLike<number>): [number[], number[]] {
  const p = Array.from(reference);
  const q = Array.from(chunk);
  const leftover = 1 - q.reduce((sum, share) => sum + share, 0);
  return leftover > 0
    ? [
        [...p, 0],
        [...q, leftover],
      ]
    : [p, q];
}

/** Root of the Jensen–Shannon divergence in bits: 0 to 1. Shares are made to sum to one first, as scipy does. */
export function jensenShannon(p: readonly number[], q: readonly number[]): number {
  const [a, b] = [sum(p), sum(q)];
  let divergence = 0;
  for (const [at, share] of p.entries()) {
    const x = share / a;
    const y = (q[at] as number) / b;
    const middle = (x + y) / 2;
    divergence += entropy(x, middle) + entropy(y, middle);
  }
  return Math.sqrt(Math.max(divergence, 0) / Math.LN2 / 2);
}

const entropy = (x: number, middle: number) => (x > 0 ? x * Math.log(x / middle) : 0);

/** √Σ(√p − √q)² / √2: 0 to 1. */
export function hellinger(p: readonly number[], q: readonly number[]): number {
  const squares = p.map((share, at) => (Math.sqrt(share) - Math.sqrt(q[at] as number)) ** 2);
  return Math.sqrt(sum(squares)) / Math.SQRT2;
}

const sum = (values: readonly number[]) => values.reduce((so, value) => so + value, 0);
