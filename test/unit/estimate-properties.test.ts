import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryEstimator } from '#measures/performance/binary.ts';
import { accuracy, confusionParts, f1, precision, recall } from '#measures/performance/cell-metrics.ts';
import { chunksOf } from '#measures/performance/chunks.ts';
import { limitsOf, outside, threeDeviations } from '#measures/performance/limits.ts';
import { periodOf } from '#measures/performance/periods.ts';
import { expectedAveragePrecision, expectedRocAuc } from '#measures/performance/ranking.ts';
import { isotonic } from '#measures/statistics/isotonic.ts';
import { stratifiedSplits } from '#measures/statistics/stratified-split.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const bit = fc.integer({ min: 0, max: 1 });

describe('chunks', () => {
  it('hold every row once, in order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 600 }), (rows, size) => {
        const ranges = chunksOf(rows, null, { by: 'size', value: size });
        expect(ranges[0]?.start).toBe(0);
        expect(ranges.at(-1)?.stop).toBe(rows);
        for (const [at, range] of ranges.slice(1).entries()) expect(range.start).toBe(ranges[at]?.stop);
      }),
    );
  });

  it('by number: as many as asked for, and one more for a rest', () => {
    expect(
      chunksOf(103, null, { by: 'number', value: 10 })
        .map(({ key }) => key)
        .at(-1),
    ).toBe('[100:102]');
    expect(chunksOf(100, null, { by: 'number', value: 10 })).toHaveLength(10);
    expect(() => chunksOf(5, null, { by: 'number', value: 10 })).toThrow('5 rows cannot make 10 chunks');
  });

  it('a period holds its time and ends where the next begins', () => {
    const time = fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(2090, 0) });
    fc.assert(
      fc.property(time, fc.constantFrom('min', 'h', 'D', 'W', 'M', 'Q', 'Y'), (at, code) => {
        const period = periodOf(at, code);
        expect(period.from).toBeLessThanOrEqual(at);
        expect(period.next).toBeGreaterThan(at);
        expect(periodOf(period.from, code)).toEqual(period);
        expect(periodOf(period.next, code).from).toBe(period.next);
      }),
    );
    expect(periodOf(Date.UTC(2018, 0, 3), 'W').key).toBe('2018-01-01/2018-01-07');
    expect(periodOf(Date.UTC(2018, 4, 3), 'Q').key).toBe('2018Q2');
  });
});

describe('limits', () => {
  it('alert strictly: a value at the limit does not', () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 1 }), (values) => {
        const limits = limitsOf(values, threeDeviations, { lower: 0, upper: 1 });
        expect(outside(limits.lower ?? Number.NaN, limits)).toBe(false);
        expect(outside(limits.upper ?? Number.NaN, limits)).toBe(false);
        expect(limits.lower).toBeGreaterThanOrEqual(0);
        expect(limits.upper).toBeLessThanOrEqual(1);
      }),
    );
    expect(outside(Number.NaN, { lower: 0.4, upper: 0.6 })).toBe(false);
  });
});

describe('calibration', () => {
  it('rises, stays between the labels and keeps their mean', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(share, bit), { minLength: 1, maxLength: 80 }), (rows) => {
        const x = Float64Array.from(rows, ([score]) => score);
        const fitted = isotonic(
          x,
          rows.map(([, label]) => label),
        );
        const sorted = [...x].sort((a, b) => a - b).map(fitted);
        for (const [at, value] of sorted.entries()) {
          expect(value).toBeGreaterThanOrEqual(at === 0 ? 0 : (sorted[at - 1] as number) - 1e-12);
          expect(value).toBeLessThanOrEqual(1);
        }
        const mean = rows.reduce((sum, [, label]) => sum + label, 0);
        // Scores nearer than 1e-15 are one point, and interpolation between such points may not keep the mean.
        if (new Set(x).size === x.length && smallestGap(x) > 1e-9)
          expect(sorted.reduce((sum, value) => sum + value, 0)).toBeCloseTo(mean, 6);
      }),
    );
  });

  it('splits keep the shares of the classes and take no row twice', () => {
    fc.assert(
      fc.property(fc.array(bit, { minLength: 30, maxLength: 200 }), (labels) => {
        const positives = labels.filter((label) => label === 1).length;
        fc.pre(positives >= 2 && positives <= labels.length - 2);
        for (const { train, test } of stratifiedSplits(labels, { splits: 2, share: 0.1, seed: 42 })) {
          expect(new Set([...train, ...test]).size).toBe(labels.length);
          const here = test.filter((row) => labels[row] === 1).length;
          expect(Math.abs(here - (positives * test.length) / labels.length)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('estimates', () => {
  const rows = fc.array(fc.tuple(share, bit, bit), { minLength: 20, maxLength: 120 }).filter((all) => {
    const positives = all.filter(([, label]) => label === 1).length;
    return positives > 1 && positives < all.length - 1;
  });
  const columns = (all: readonly (readonly [number, number, number])[]) => ({
    score: Float64Array.from(all, ([score]) => score),
    label: Float64Array.from(all, ([, label]) => label),
    predicted: Float64Array.from(all, ([, , predicted]) => predicted),
  });
  const metrics = [accuracy, f1, precision, recall, ...confusionParts];

  it('do not depend on the order of the rows of a chunk', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const reference = columns(all);
        const forwards = binaryEstimator(reference, { reference, analysis: reference });
        const backwards = binaryEstimator(reference, { reference, analysis: columns([...all].reverse()) });
        const equal = (one: number, other: number) => {
          // Undefined, as the area under the curve is when all scores are the same, is undefined both ways.
          if (Number.isNaN(other)) expect(one).toBeNaN();
          else expect(one).toBeCloseTo(other, 9);
        };
        for (const metric of metrics)
          equal(
            backwards.ofCells(metric).estimated('analysis', 0, all.length),
            forwards.ofCells(metric).estimated('analysis', 0, all.length),
          );
        equal(
          backwards.rocAuc().estimated('analysis', 0, all.length),
          forwards.rocAuc().estimated('analysis', 0, all.length),
        );
      }),
      // Every score the same: the case that says that an undefined value is one.
      {
        numRuns: 25,
        examples: [[Array.from({ length: 20 }, (_, n): [number, number, number] => [0, n % 8 === 3 ? 1 : 0, 0])]],
      },
    );
  });

  it('expected cells sum to the rows', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const reference = columns(all);
        const made = binaryEstimator(reference, { reference, analysis: reference });
        const cells = confusionParts.map((part) => made.ofCells(part).estimated('analysis', 0, all.length));
        expect(cells.reduce((sum, value) => sum + value, 0)).toBeCloseTo(all.length, 6);
      }),
      { numRuns: 25 },
    );
  });

  it('of scores that are certain are what labels will give', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const certain = columns(all.map(([, label, predicted]) => [label, label, predicted] as const));
        const made = binaryEstimator(certain, { reference: certain, analysis: certain });
        for (const metric of metrics.map((each) => made.ofCells(each))) {
          const realized = metric.realized('analysis', 0, all.length);
          if (!Number.isNaN(realized)) expect(metric.estimated('analysis', 0, all.length)).toBeCloseTo(realized, 9);
        }
        expect(made.rocAuc().estimated('analysis', 0, all.length)).toBeCloseTo(1, 9);
      }),
      { numRuns: 25 },
    );
  });

  it('of ranking lie between 0 and 1', () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 2, maxLength: 60 }), (scores) => {
        const score = Float64Array.from(scores);
        const sum = scores.reduce((so, value) => so + value, 0);
        fc.pre(sum > 0.01 && sum < scores.length - 0.01);
        const auc = expectedRocAuc(score, score);
        expect(auc).toBeGreaterThanOrEqual(0.49);
        expect(auc).toBeLessThanOrEqual(1 + 1e-9);
        const precision = expectedAveragePrecision(score, score);
        expect(precision).toBeGreaterThan(0);
        expect(precision).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });
});

function smallestGap(values: Float64Array): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.slice(1).reduce((least, value, at) => Math.min(least, value - (sorted[at] as number)), 1);
}
