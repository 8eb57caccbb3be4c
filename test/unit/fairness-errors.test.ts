/** How sure the rates of groups are: covariances beside those of other ways, and intervals on drawn worlds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeFairness, RateName, Uncertainty } from '#contracts/fairness.ts';
import { differenceInterval, pairsOf, ratioInterval } from '#decisions/fairness/intervals.ts';
import { measureFairness } from '#measures/fairness/fairness.ts';
import { clusterRobust } from '#measures/statistics/cluster-robust.ts';
import type { BinaryRows } from '#measures/statistics/rows.ts';
import { singleRows } from '#measures/statistics/units.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { alike, apart, counted } from '../simulate/fairness.ts';

interface Row {
  readonly group: number;
  readonly unit: number;
  readonly weight: number;
  readonly y: boolean;
  readonly candidate: boolean;
  readonly champion: boolean;
}
const row = fc.record({
  ...{ group: fc.integer({ min: 0, max: 2 }), unit: fc.integer({ min: 0, max: 6 }) },
  weight: fc.constantFrom(0, 0.5, 1, 3),
  ...{ y: fc.boolean(), candidate: fc.boolean(), champion: fc.boolean() },
});

async function measured(rows: readonly Row[], by: 'clusters' | 'rows' | 'single rows', weighted: boolean) {
  const side = (of: 'candidate' | 'champion'): BinaryRows => ({
    ...{ task: 'binary', threshold: 0.5 },
    y: Uint8Array.from(rows, ({ y }) => (y ? 1 : 0)),
    score: Float64Array.from(rows, (each) => (each[of] ? 1 : 0)),
  });
  const codes = Int32Array.from(rows, ({ group }) => group);
  const read = (async () => ({
    rows: rows.length,
    columns: { g: { codes, values: ['a', 'b', 'c'] } },
  })) as unknown as ReadColumns; // one column, whatever is asked for
  const clusters = { of: Int32Array.from(rows, ({ unit }) => unit), count: 7 };
  const { attributes } = await measureFairness(
    { attributes: ['g'], minimumGroupRows: 1 },
    {
      ...{ holdout: 'h', candidate: side('candidate'), champion: side('champion') },
      kept: codes.map((_, at) => at),
      weights: weighted ? Float64Array.from(rows, ({ weight }) => weight) : null,
      units: by === 'clusters' ? clusters : by === 'rows' ? null : singleRows(rows.length),
      by: by === 'clusters' ? 'clusters' : 'rows',
    },
    read,
  );
  return attributes[0] as AttributeFairness;
}
const entry = ({ units, covariance }: Uncertainty, one: number, other: number): number => {
  let at = 0;
  for (let row = 0; row < units.length; row++)
    for (let column = row; column < units.length; column++, at++)
      if ((row === one && column === other) || (row === other && column === one)) return covariance[at] as number;
  throw new Error('no such entry');
};
const below: Readonly<Record<RateName, (row: Row, said: boolean) => boolean>> = {
  ...{ selection_rate: () => true, accuracy: () => true, precision: (_, said) => said },
  ...{ true_positive_rate: ({ y }) => y, false_positive_rate: ({ y }) => !y },
};

describe('the covariances of rates', () => {
  it('are those of a cluster-robust mean (CR1), for each group and both models', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 60 }), fc.boolean(), async (rows, weighted) => {
        const found = await measured(rows, 'clusters', weighted);
        for (const [name, sure] of Object.entries(found.uncertainty ?? {}) as [RateName, Uncertainty][])
          for (const [at, group] of found.groups.entries())
            for (const [of, side] of (['candidate', 'champion'] as const).entries()) {
              const values = Float64Array.from(rows, (each) =>
                name === 'accuracy'
                  ? each[side] === each.y
                    ? 1
                    : 0
                  : name === 'precision'
                    ? each.y
                      ? 1
                      : 0
                    : each[side]
                      ? 1
                      : 0,
              );
              const weights = rows.map((each) =>
                'abc'[each.group] === group.values[0] && below[name](each, each[side])
                  ? weighted
                    ? each.weight
                    : 1
                  : 0,
              );
              const units = { of: Int32Array.from(rows, ({ unit }) => unit), count: 7 };
              const { mean, cr1, units: count } = clusterRobust(values, weights, units);
              const place = of * found.groups.length + at;
              expect(sure.units[place]).toBe(count);
              const value = Number(group[side]?.[name]);
              if (count === 0) expect(value).toBeNaN();
              else expect(Math.abs(value - mean)).toBeLessThan(1e-12);
              const variance = entry(sure, place, place);
              if (count < 2) expect(variance).toBe(0);
              else expect(Math.abs(variance - cr1 ** 2)).toBeLessThanOrEqual(1e-6 * variance + 1e-15);
            }
      }),
      { numRuns: 60 },
    );
  });

  it('of independent rows are the same in one sum over outcomes as row by row', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 60 }), fc.boolean(), async (rows, weighted) => {
        const [sums, one] = [await measured(rows, 'rows', weighted), await measured(rows, 'single rows', weighted)];
        expect(sums.groups).toEqual(one.groups);
        for (const [name, sure] of Object.entries(sums.uncertainty ?? {})) {
          const other = one.uncertainty?.[name];
          expect(sure.units).toEqual(other?.units);
          expect(sure.effective).toEqual(other?.effective);
          for (const [at, value] of sure.covariance.entries())
            expect(Math.abs(value - (other?.covariance[at] ?? Number.NaN))).toBeLessThanOrEqual(
              1e-6 * Math.abs(value) + 1e-15,
            );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('of two groups in the same clusters are the errors of their difference', async () => {
    // What both groups share in a cluster is in no difference: here they move together, and only one unit has none of the other.
    const rows = Array.from({ length: 40 }, (_, at): Row => {
      const unit = Math.floor(at / 4) % 7;
      return { group: at % 2, unit, weight: 1, y: true, candidate: unit % 2 === 0, champion: false };
    });
    const { uncertainty, groups } = await measured(rows, 'clusters', false);
    const sure = uncertainty?.selection_rate as Uncertainty;
    expect(groups[0]?.candidate).toEqual(groups[1]?.candidate);
    expect(entry(sure, 0, 0)).toBeGreaterThan(0.01);
    expect(entry(sure, 0, 0) + entry(sure, 1, 1) - 2 * entry(sure, 0, 1)).toBeCloseTo(0, 12);
  });
});

it('an interval holds its figure, and is wider the surer it has to be', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 30, maxLength: 90 }), async (rows) => {
      const found = await measured(rows, 'rows', false);
      for (const criterion of ['demographic_parity', 'equalized_odds', 'predictive_parity'] as const) {
        const { difference, ratio } = found.candidate[criterion] ?? {};
        if (typeof difference !== 'number' || typeof ratio !== 'number') continue;
        const pairs = pairsOf(criterion, found) ?? [];
        const [narrow, wide] = [0.6, 0.99].map((confidence) => differenceInterval(pairs, 'candidate', confidence));
        const shares = [0.6, 0.99].map((confidence) => ratioInterval(pairs, 'candidate', confidence));
        for (const each of [narrow, wide]) {
          expect(each?.lower).toBeLessThanOrEqual(difference);
          expect(each?.upper).toBeGreaterThanOrEqual(difference);
        }
        for (const each of shares) {
          expect(each.lower).toBeLessThanOrEqual(ratio);
          expect(each.upper).toBeGreaterThanOrEqual(ratio);
        }
        expect(wide?.lower).toBeLessThanOrEqual(narrow?.lower ?? 0);
        expect(wide?.upper).toBeGreaterThanOrEqual(narrow?.upper ?? 1);
      }
    }),
    { numRuns: 60 },
  );
});

/** A fast version of `npm run simulate -- fairness`. */
describe('on drawn worlds', () => {
  it.each([
    'groups of 5,000 and 100',
    'customers of 20 rows; 2,000 and 200',
    '30 days, each group with days of its own kind',
  ])('the interval refuses groups that are treated alike in at most one draw in twenty: %s', async (name) => {
    const world = alike[name];
    if (!world) throw new Error('no such world');
    // Of 200 draws, at most 5 % and three standard errors of that: 19.
    for (const { apart: refused } of Object.values(await counted(world, 200, 7)))
      expect(refused).toBeLessThanOrEqual(19);
  });
  it('and refuses a group of which a fifth less is found nearly always', async () => {
    const world = apart['5,000 and 1,000 rows, 0.2 fewer'];
    if (!world) throw new Error('no such world');
    const { equal_opportunity: found } = await counted(world, 50, 7);
    expect(found.apart).toBeGreaterThanOrEqual(48);
    expect(found.holds).toBeGreaterThanOrEqual(42);
  });
});
