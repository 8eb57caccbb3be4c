import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, readConditions } from '#decisions/quality-tests.ts';
import { cramerV, pearson, rankedColumn, spearman } from '#measures/statistics/correlation.ts';
import { qualityReport } from '../fixtures/reports.ts';

const report = qualityReport();
const one = (text: string) => judge(report, readConditions(text, true));

describe('conditions', () => {
  it('hold or fail on figures of the dataset, of a column, of every column, of predictions', () => {
    const passed = (text: string) => one(text).map((test) => test.passed);
    expect(passed('rows>=10000')).toEqual([true]);
    expect(passed('rows>=0.9x')).toEqual([false]);
    expect(passed('rows~0.2')).toEqual([true]);
    expect(passed('rows~0.1')).toEqual([false]);
    expect(passed('mean[column 13]<=1')).toEqual([true]);
    expect(passed('roc_auc>=0.95x')).toEqual([false]);
    expect(one('missing<=0')).toHaveLength(report.columns.length);
    // A figure that cannot be told never passes.
    expect(passed('log_loss<=1')).toEqual([false]);
    expect(passed('min[two\nlines]<=0')).toEqual([true]);
  });
  it('say what was wanted', () => {
    expect(one('rows>=0.9x')[0]?.condition).toBe('≥ 0.9 × the reference (12000)');
    expect(one('rows~0.1')[0]?.condition).toBe('within 10 % of the reference (12000)');
  });
  it('refuse what they cannot be asked', () => {
    expect(() => readConditions('missing much', false)).toThrow('"missing much" is no condition: write a figure');
    expect(() => one('colour<=1')).toThrow('"colour" is no figure of this report; of the dataset: rows');
    expect(() => one('mean[colour]<=1')).toThrow('there is no column colour');
    expect(() => judge({ ...report, reference: null }, readConditions('rows>=1x', false))).toThrow('give --reference');
  });
  it('have defaults for a dataset alone and beside a reference', () => {
    expect(judge({ ...report, reference: null }, readConditions('defaults', false)).length).toBeGreaterThan(5);
    expect(
      one('defaults')
        .filter(({ passed }) => !passed)
        .map(({ name }) => name),
    ).toContain('rows');
  });
});

const column = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(Number.NaN)), {
  minLength: 2,
  maxLength: 40,
});
const pair = column.chain((x) =>
  fc.tuple(fc.constant(x), fc.array(fc.integer({ min: -5, max: 5 }), { minLength: x.length, maxLength: x.length })),
);
const rho = (x: Float64Array, y: Float64Array) => spearman(rankedColumn(x), rankedColumn(y));

describe('correlations', () => {
  it('are symmetric, within −1 and 1, and 1 with themselves', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const [x, y] = [Float64Array.from(a), Float64Array.from(b)];
        for (const of of [pearson, rho]) {
          const value = of(x, y);
          expect(value === null || Math.abs(value) <= 1).toBe(true);
          const other = of(y, x);
          expect(other === null ? null : other.toFixed(9)).toBe(value === null ? null : value.toFixed(9));
          const self = of(y, y);
          expect(self === null || Math.abs(self - 1) < 1e-12).toBe(true);
        }
      }),
    );
  });
  it('of ranks do not change when a column is bent', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const [x, y] = [Float64Array.from(a), Float64Array.from(b)];
        const bent = y.map((value) => Math.exp(value));
        expect(rho(x, bent)?.toFixed(9)).toBe(rho(x, y)?.toFixed(9));
      }),
    );
  });
  it('of categories are one for a renaming and nothing for a constant', () => {
    const x = { values: Float64Array.of(0, 1, 2, 0, 1, 2), classes: 3 };
    const renamed = { values: Float64Array.of(2, 0, 1, 2, 0, 1), classes: 3 };
    expect(cramerV(x, renamed)).toBeCloseTo(1, 12);
    expect(cramerV(x, { values: new Float64Array(6), classes: 1 })).toBeNull();
    expect(pearson(Float64Array.of(1, 1), Float64Array.of(1, 2))).toBeNull();
    expect(pearson(Float64Array.of(1), Float64Array.of(1))).toBeNull();
  });
});
