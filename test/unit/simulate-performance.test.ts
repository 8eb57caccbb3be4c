/** The simulation of performance triggers in small, and that its fast way and the whole one say the same. */
import { describe, expect, it } from 'vitest';
import { championInterval } from '#activities/watch/champion-error.ts';
import { eventsOf, tooFewEvents, withSpread } from '#activities/watch/counted-events.ts';
import { MetricObserved } from '#contracts/loop/evidence.ts';
import { conditionShapes } from '#contracts/trigger-condition.ts';
import { beyond } from '#decisions/retrain/performance-limit.ts';
import { metricIntervals } from '#measures/statistics/bootstrap.ts';
import { rocAuc } from '#measures/statistics/roc-auc.ts';
import { drops, intervalOf, lookAt, yearOf } from '../simulate/performance.ts';
import { addScored, aucOf, noScores, TRUE_AUC } from '../simulate/performance-world.ts';
import { normals } from '../simulate/watch-world.ts';

describe('a year without change', () => {
  it.each([
    { rows: 1_000, candidates: 1 },
    { rows: 10_000, candidates: 5 },
  ])('has no drop at any rate of looking: %o', ({ rows, candidates }) => {
    // Each is wrong once in twenty years at most.
    for (const seed of [1, 2])
      for (const told of Object.values(yearOf(seed, rows, candidates)))
        expect(told).toEqual({ drop: false, below: false });
  });

  it('a drop of 0.12 is found by one look at 10,000 rows', () => {
    expect(lookAt(1, 10_000, 0.5)).toEqual({ '1h': true, '1d': true, '7d': true });
  });
});

describe('counts of scores', () => {
  it('have the AUC of their rows, and an error as that of resamples', () => {
    const scores = addScored(normals(3), 4_000, 1, noScores());
    const half = scores.length / 2;
    const labels = [...scores].flatMap((count, cell) => new Array<number>(count).fill(cell < half ? 0 : 1));
    const values = [...scores].flatMap((count, cell) => new Array<number>(count).fill(cell % half));
    const rows = {
      task: 'binary',
      y: Uint8Array.from(labels),
      score: Float64Array.from(values),
      threshold: 0.5,
    } as const;
    const confidence = 0.999;
    const [whole] = metricIntervals([rocAuc], rows, { resamples: 1_000, confidence, seed: 1 });
    const fast = intervalOf(scores, confidence);
    expect(fast.value).toBeCloseTo(whole?.value ?? Number.NaN, 10);
    expect(fast.upper - fast.lower).toBeGreaterThan(0.9 * ((whole?.upper ?? 0) - (whole?.lower ?? 0)));
    expect(fast.upper - fast.lower).toBeLessThan(1.1 * ((whole?.upper ?? 0) - (whole?.lower ?? 0)));
    // Twenty thousand rows know it to a hundredth.
    expect(Math.abs(aucOf(addScored(normals(4), 20_000, 1, noScores())).value - TRUE_AUC)).toBeLessThan(0.015);
  });
});

it('the champion’s figure has the error of the new one, by the root of the rows’ ratio', () => {
  expect(championInterval(0.7, { value: 0.6, lower: 0.5, upper: 0.65 }, 4)).toEqual({
    ...{ championLower: expect.closeTo(0.5, 9), championUpper: expect.closeTo(0.8, 9) },
  });
});

describe('a metric of rare events', () => {
  const rows = (positives: number, called: number) => ({
    ...{ task: 'binary' as const, threshold: 0.5 },
    y: Uint8Array.from({ length: 1_000 }, (_, row) => (row < positives ? 1 : 0)),
    score: Float64Array.from({ length: 1_000 }, (_, row) => (row < called ? 0.9 : 0.1)),
  });

  it('counts what it is a share of', () => {
    const count = (metric: string) => eventsOf(metric, rows(12, 40))?.count ?? null;
    expect(['recall', 'average_precision', 'f1', 'roc_auc', 'mcc', 'precision'].map(count)).toEqual([
      ...[12, 12, 12, 12, 12, 40],
    ]);
    expect(eventsOf('balanced_accuracy', rows(990, 40))?.count).toBe(10);
    expect(['accuracy', 'brier', 'log_loss'].map(count)).toEqual([null, null, null]);
    const numbers = { task: 'regression' as const, y: new Float64Array(5), predicted: new Float64Array(5) };
    expect(eventsOf('rmse', numbers)).toBeNull();
    const few = { rows: 12, least: 30, what: 'positive rows' };
    expect(tooFewEvents(eventsOf('recall', rows(12, 40)))).toEqual(few);
    expect(tooFewEvents(eventsOf('recall', rows(30, 40)))).toBeNull();
    expect(tooFewEvents(eventsOf('accuracy', rows(12, 40)))).toBeNull();
  });

  it('that are all missed has an interval all the same: that of a share of as many', () => {
    const none = { metric: 'recall', value: 0, lower: 0, upper: 0 };
    // scipy.stats.binomtest(0, 40).proportion_ci(method='wilson').high
    expect(withSpread(none, { count: 40, what: '' }, 0.95).upper).toBeCloseTo(0.08762160119728668, 9);
    const all = { metric: 'recall', value: 1, lower: 1, upper: 1 };
    expect(withSpread(all, { count: 40, what: '' }, 0.95).lower).toBeCloseTo(1 - 0.08762160119728668, 9);
    const some = { metric: 'recall', value: 0.5, lower: 0.4, upper: 0.6 };
    expect(withSpread(some, { count: 40, what: '' }, 0.95)).toEqual(some);
    expect(withSpread(none, null, 0.95)).toEqual(none);
  });

  it('tells of no drop without change, though few positives are there; and of a real one', () => {
    const told = (rows: number, share: number, apart: number) =>
      Array.from({ length: 60 }, (_, look) => drops(look, rows, apart, 100, share, 1.5)).flatMap((each) =>
        Object.entries(each).flatMap(([metric, drop]) => (drop === null ? [] : [{ metric, drop }])),
      );
    // Twenty in a thousand: four events.
    expect(told(200, 0.02, 1.5).filter(({ metric }) => metric !== 'roc_auc')).toEqual([]);
    const judged = told(1_000, 0.05, 1.5);
    expect(judged.length).toBeGreaterThan(150);
    expect(judged.filter(({ drop }) => drop).length).toBeLessThanOrEqual(2);
    const fallen = told(2_000, 0.05, 0.2).filter(({ metric }) => metric === 'roc_auc');
    expect(fallen.filter(({ drop }) => drop).length).toBeGreaterThan(50);
  });
});

describe('the error of a share', () => {
  const observed = (value: number, half: number, champion: number | null = null) =>
    MetricObserved.parse({
      ...{ id: 's', at: '2026-01-01T00:00:00Z', metric: 'recall', value, confidence: 0.998 },
      ...{ lower: value - half, upper: value + half, champion },
    });
  const below = (limit: number) =>
    conditionShapes.performance.parse({ kind: 'performance', metric: 'recall', below: limit });
  const drop = conditionShapes.performance.parse({ kind: 'performance', metric: 'recall', dropFromChampion: 0.01 });

  it('is that which it has at the limit: an unluckily low figure is not as sure as it says', () => {
    // Three of thirty: 3.1 · √(0.1 · 0.9 / 30) = 0.17. At 0.3 it is 0.26.
    expect(beyond(below(0.3), observed(0.1, 0.17))).toBe(false);
    expect(beyond(below(0.3), observed(0.02, 0.03))).toBe(true);
    expect(beyond(drop, observed(0.1, 0.17, 0.3))).toBe(false);
    // Nearer the middle a share is less sure than at the limit, and that error stays.
    expect(beyond(below(0.9), observed(0.6, 0.2))).toBe(true);
    expect(beyond(below(0.9), observed(0.6, 0.31))).toBe(false);
  });

  it('is no matter of a metric that is no share', () => {
    const rmse = conditionShapes.performance.parse({ kind: 'performance', metric: 'rmse', above: 0.3 });
    expect(beyond(rmse, { ...observed(0.1, 0.01), metric: 'rmse', lower: 0.09 })).toBe(false);
    expect(beyond(rmse, { ...observed(0.5, 0.1), metric: 'rmse' })).toBe(true);
  });
});
