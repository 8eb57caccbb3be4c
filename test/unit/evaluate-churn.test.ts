import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { churnOf } from '#measures/evaluation/churn.ts';
import type { Rows } from '#measures/statistics/rows.ts';

const binary = (score: number[], threshold = 0.5): Rows => ({
  ...{ task: 'binary', y: new Uint8Array(score.length), score: Float64Array.from(score), threshold },
});
const regression = (predicted: number[]): Rows => ({
  ...{ task: 'regression', y: new Float64Array(predicted.length), predicted: Float64Array.from(predicted) },
});
const multiclass = (predicted: number[]): Rows => ({
  ...{ task: 'multiclass', classes: 3, y: new Int32Array(predicted.length) },
  ...{ predicted: Int32Array.from(predicted), probabilities: null },
});

describe('churn', () => {
  it('of two classes is by the threshold, and in the scores', () => {
    const churn = churnOf(binary([0.4, 0.5, 0.9, 0.1]), binary([0.6, 0.5, 0.7, 0.1]), null);
    expect(churn.changed).toBe(0.25);
    expect(churn.difference).toBeCloseTo(0.1, 12);
    // From the threshold on, a score is positive.
    expect(churnOf(binary([0.5]), binary([0.499]), null).changed).toBe(1);
  });
  it('of more classes has no difference, of a regression no class', () => {
    expect(churnOf(multiclass([0, 1, 2]), multiclass([0, 2, 1]), null)).toEqual({ changed: 2 / 3, difference: null });
    expect(churnOf(regression([1, 2, 3]), regression([2, 0, 3]), null)).toEqual({ changed: null, difference: 1 });
  });
  it('counts weights', () => {
    const weights = Float64Array.of(3, 1);
    expect(churnOf(multiclass([0, 1]), multiclass([1, 1]), weights).changed).toBe(0.75);
    expect(churnOf(regression([0, 0]), regression([4, 8]), weights).difference).toBe(5);
  });
  it('is no number over no rows', () => {
    expect(churnOf(multiclass([]), multiclass([]), null)).toEqual({ changed: 'NaN', difference: null });
  });
  it('is none between a model and itself, and the same from either side', () => {
    const scores = fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(scores, (pairs) => {
        const [own, theirs] = [binary(pairs.map(([a]) => a)), binary(pairs.map(([, b]) => b))];
        expect(churnOf(own, own, null)).toEqual({ changed: 0, difference: 0 });
        expect(churnOf(own, theirs, null)).toEqual(churnOf(theirs, own, null));
      }),
    );
  });
});
