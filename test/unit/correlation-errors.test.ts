/** What a report says of the error of correlations that come from a choice of the rows, beside the error that they have. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, it } from 'vitest';
import { correlations } from '#measures/quality/correlations.ts';
import { pearson } from '#measures/statistics/correlation.ts';
import { PearsonSums } from '#measures/statistics/pearson-sums.ts';
import type { Sample } from '#ports/summary.ts';

const ROWS = 200_000;
const CHOSEN = 10_000;
const DRAWS = 50;
const random = generator(7);

/** Uniform in (0, 1). */
function generator(seed: number): () => number {
  const bits = xoroshiro128plus(seed);
  return () => ((bits.next() >>> 0) + 0.5) / 2 ** 32;
}
const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());

/** Heavy tails that move together, a column of 98 % zeros, two rare categories that are often met together. */
function population() {
  const make = (of: () => number) => Float64Array.from({ length: ROWS }, of);
  const tail = make(() => Math.exp(2 * normal()));
  const near = tail.map((value) => value * Math.exp(1.5 * normal()));
  const zeros = make(() => (random() < 0.98 ? 0 : 1 + random()));
  const also = zeros.map((value) => (random() < 0.5 ? value : 0));
  const rare = make(() => (random() < 0.99 ? 0 : 1));
  const met = rare.map((value) => (random() < 0.3 ? value : random() < 0.99 ? 0 : 1));
  return { numbers: { tail, near, zeros, also }, categories: { rare, met } };
}

type Scan = Parameters<NonNullable<Sample['scanNumbers']>>[0];
function sampleOf(all: ReturnType<typeof population>, rows: readonly number[], scanned: boolean): Sample {
  const cut = (values: Float64Array) => Float64Array.from(rows, (row) => values[row] ?? Number.NaN);
  return {
    rows: rows.length,
    of: ROWS,
    numbers: Object.entries(all.numbers).map(([name, values]) => ({ name, values: cut(values) })),
    categories: Object.entries(all.categories).map(([name, values]) => ({ name, values: cut(values), classes: 2 })),
    leftOut: { numbers: [], categories: [] },
    // In pieces, as a table comes.
    ...(scanned
      ? {
          scanNumbers: async (take: Scan) => {
            for (let from = 0; from < ROWS; from += 2_048) {
              const columns = Object.values(all.numbers).map((values) => values.slice(from, from + 2_048));
              take(columns, columns[0]?.length ?? 0);
            }
          },
        }
      : {}),
  };
}

it('is the error that ties make, where a formula for normal data tells a fraction of it; of tails all rows tell', async () => {
  const all = population();
  const every = Array.from({ length: ROWS }, (_, row) => row);
  const truth = await correlations(sampleOf(all, every, false), null);
  expect(truth.map(({ standardError }) => standardError)).toEqual([undefined, undefined, undefined]);
  const beyond: Record<string, { told: number; normal: number }> = {};
  for (let draw = 0; draw < DRAWS; draw++) {
    const rows = every.filter(() => random() < CHOSEN / ROWS);
    for (const [m, { method, columns, current, standardError }] of (
      await correlations(sampleOf(all, rows, draw === 0), null)
    ).entries()) {
      const errors = columns.flatMap((_, i) =>
        columns.slice(0, i).map((_column, j) => Math.abs((current[i]?.[j] ?? 0) - (truth[m]?.current[i]?.[j] ?? 0))),
      );
      if (method === 'pearson' && draw === 0) expect(Math.max(...errors)).toBeLessThan(1e-9);
      beyond[method] ??= { told: 0, normal: 0 };
      // Two standard errors of the one that is told for all: a normal error is beyond in 5 % of the draws at most.
      if (method !== 'pearson' && Math.max(...errors) > 2 * (standardError ?? 0)) beyond[method].told++;
      if (Math.max(...errors) > 2 / Math.sqrt(rows.length)) beyond[method].normal++;
    }
  }
  for (const method of ['spearman', 'cramer_v']) {
    expect(beyond[method]?.told).toBeLessThanOrEqual(0.1 * DRAWS);
    expect(beyond[method]?.normal).toBeGreaterThan(0.3 * DRAWS);
  }
});

it('of all rows, a piece after the other, Pearson leaves out the rows where either is missing', () => {
  const [x, y] = [Float64Array.of(1, Number.NaN, 3, 4, 1e9, 6), Float64Array.of(2, 5, Number.NaN, 3, 7e8, 1)];
  const sums = new PearsonSums([3, 0]);
  for (const [from, to] of [
    [0, 2],
    [2, 6],
  ] as const)
    sums.add([x.slice(from, to), y.slice(from, to)], to - from);
  expect(sums.correlation(0, 1)).toBeCloseTo(pearson(x, y) ?? Number.NaN, 12);
  expect(sums.correlation(1, 0)).toBe(sums.correlation(0, 1));
  expect(new PearsonSums([0, 0]).correlation(0, 1)).toBeNull();
});
