import type { CategoryCounts } from './category-counts.ts';
import { chiSquareTail } from './chi-square-tail.ts';

/** Categories are put together until each is expected so often on either side (Cochran 1954). */
const LEAST_EXPECTED = 5;
/** The most frequent categories that are compared by themselves; all others together are one more. */
const MOST_CELLS = 100;

/**
 * Are both sides drawn from the same categories? Two-sample likelihood-ratio (G) test with Williams' correction (1976): the
 * reference is a sample, too. G rather than Pearson's statistic because its tail is right far out, where a year's many looks
 * put their level: of 20 where 5 are expected Pearson's says 2e-11, and Poisson's tail is 3.5e-7.
 * @returns a p-value; null when the rows are too few for two categories
 */
export function homogeneity({ reference, current, referenceSize: n, currentSize: m }: CategoryCounts): number | null {
  if (reference.length === 1) return 1;
  const smaller = Math.min(n, m) / (n + m);
  const order = Array.from(reference, (count, i) => [count, current[i]!] as [number, number]).sort(
    (a, b) => b[0] + b[1] - a[0] - a[1],
  );
  const expected = ([a, b]: readonly [number, number]) => (a + b) * smaller;
  const cells = order.slice(0, MOST_CELLS).filter((cell) => expected(cell) >= LEAST_EXPECTED);
  const rest = order
    .slice(cells.length)
    .reduce((sum, [a, b]): [number, number] => [sum[0] + a, sum[1] + b], [0, 0] as [number, number]);
  if (expected(rest) >= LEAST_EXPECTED) cells.push(rest);
  else if (cells.length > 1) {
    const last = cells.at(-1)!;
    cells[cells.length - 1] = [last[0] + rest[0], last[1] + rest[1]];
  }
  if (cells.length < 2) return null;
  const total = n + m;
  const term = (count: number, of: number) => (count === 0 ? 0 : count * Math.log(count / of));
  let g = 0;
  let inverse = 0;
  for (const [a, b] of cells) {
    g += 2 * (term(a, ((a + b) * n) / total) + term(b, ((a + b) * m) / total));
    inverse += 1 / (a + b);
  }
  const williams = 1 + ((total / n + total / m - 1) * (total * inverse - 1)) / (6 * total * (cells.length - 1));
  return chiSquareTail(g / williams, cells.length - 1);
}
