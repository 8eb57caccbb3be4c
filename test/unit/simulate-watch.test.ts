/** The simulations of docs/statistics.md in small: whoever breaks a rule of the watch sees it in seconds. */
import { describe, expect, it } from 'vitest';
import { homogeneity } from '#activities/statistics/drift/homogeneity.ts';
import { lookRule, looksPerYear } from '#activities/watch/look-rule.ts';
import { WatchPolicy } from '#contracts/watch.ts';
import { drops } from '../simulate/performance.ts';
import { falseAlarmsOfYear, found } from '../simulate/watch.ts';

describe('a year without change', () => {
  it.each([
    { rows: 1_000, shared: 0, day: 0 },
    { rows: 1_000, shared: 0.8, day: 0 },
  ])('has no false alarm at any rate of looking: %o', (world) => {
    for (const seed of [1, 2])
      expect(falseAlarmsOfYear(seed, world)).toEqual({ hourly: false, daily: false, weekly: false });
  });

  it('a shift of 0.3 standard deviations of ten thousand rows is found by one look', () => {
    expect(found(1, { rows: 10_000, shared: 0, day: 0 }, 0.3)).toEqual({ hourly: true, daily: true, weekly: true });
  });

  it('a drop is told where there is one', () => {
    const count = (apart: number) =>
      Array.from({ length: 20 }, (_, n) => drops(n, 1_000, apart, 100)).filter(Boolean).length;
    expect(count(1)).toBe(0);
    expect(count(0.4)).toBeGreaterThan(15);
  });
});

it('two samples of the same categories: the reference is one, too; few rows tell nothing', () => {
  const counts = (reference: number[], current: number[]) => ({
    ...{ reference: Float64Array.from(reference), current: Float64Array.from(current) },
    ...{ referenceSize: reference.reduce((a, b) => a + b), currentSize: current.reduce((a, b) => a + b) },
  });
  // scipy.stats.chi2_contingency([[60, 40], [4000, 6000]], correction=False, lambda_='log-likelihood') without Williams: 6.2e-5.
  expect(homogeneity(counts([60, 40], [4_000, 6_000]))).toBeGreaterThan(4e-5);
  expect(homogeneity(counts([60, 40], [4_000, 6_000]))).toBeLessThan(1e-4);
  expect(homogeneity(counts([60, 40], [60, 40]))).toBe(1);
  expect(homogeneity(counts([3, 1], [3, 2]))).toBeNull();
  // Rare ones are taken together.
  const rare = Array.from({ length: 300 }, () => 1);
  expect(homogeneity(counts([500, ...rare], [500, ...rare]))).toBe(1);
});

it.each([
  ['1h', 8_766],
  ['1d', 366],
  ['0 6 1 * *', 12],
  ['0 6 * * 1', 52],
  ['0 * * * *', 8_766],
] as const)('looks a year, every %s', (every, looks) => {
  expect(Math.abs(looksPerYear(every) - looks)).toBeLessThan(looks / 50 + 1);
  expect(lookRule(WatchPolicy.parse({ source: 'x', every }))).toMatchObject({ falseAlarms: 0.05, leastRows: 200 });
});
