/** The simulations of the gate's comparison in small: a way that is clearly wrong is red here; docs/gate-simulations.md has the rates. */
import { describe, expect, it } from 'vitest';
import { GateRules } from '#contracts/gate-rules.ts';
import { judged, promotions } from '../simulate/gate.ts';
import { looks, ratchet, years } from '../simulate/gate-looks.ts';
import { refusals } from '../simulate/gate-slices.ts';
import { series, promotions as unitPromotions } from '../simulate/gate-units.ts';
import { sizesOf } from '../simulate/gate-world.ts';
import { share } from '../simulate/study.ts';

const seed = 7;

describe('models that are equally good', () => {
  // 2.5 % of 400 are 10; four deviations more are 22, and none at all would be a test without power.
  it.each(judged)('are promoted at the stated rate: $label', (judge) => {
    const world = { rows: 500, gain: 0, effect: 0 };
    const found = promotions(judge, world, { draws: 400, seed, resamples: 200 });
    expect(found).toBeLessThan(23);
    expect(found).toBeGreaterThan(0);
  });

  it.each(judged)('and a true gain of four times the least is found, one of once it is not: $label', (judge) => {
    const draws = { draws: 40, seed, resamples: 200 };
    const at = (times: number) =>
      promotions(judge, { rows: 4_000, gain: times * judge.effect, effect: judge.effect }, draws);
    expect(at(4)).toBeGreaterThan(25);
    expect(at(1)).toBeLessThan(7);
  });
});

describe('rows that hang together', () => {
  const draws = { draws: 200, seed };
  it.each([
    { name: 'roc_auc', units: 12 },
    { name: 'roc_auc', units: 30 },
    { name: 'mae', units: 12 },
    { name: 'mae', units: 30 },
  ] as const)(
    'taken as independent promote equal models, by units they do not: $name, $units days',
    ({ name, units }) => {
      const hangs = { units: sizesOf(units, units * 30, true), effect: 0.5 };
      const [byRows = 0, byUnits = 0] = unitPromotions(name, hangs, ['rows drawn', 'as evaluate does'], draws);
      expect(byRows).toBeGreaterThan(15);
      expect(byUnits).toBeLessThan(16);
    },
  );

  it('in a series of rows are judged by blocks of a chosen length', () => {
    const [byRows = 0, byBlocks = 0] = series(500, 0.9, { draws: 200, seed });
    expect(byRows).toBeGreaterThan(50);
    expect(byBlocks).toBeLessThan(20);
  });
});

describe('forty slices', () => {
  it.each(['roc_auc', 'accuracy', 'mae'] as const)(
    'refuse no good model, and catch the one that is worse: %s',
    (metric) => {
      const world = { metric, rows: 100, gain: 0 };
      // 5 % of 40 are 2, and four deviations more are 7.
      expect(refusals({ ...world, bad: 0 }, { draws: 40, seed })).toBeLessThan(8);
      expect(refusals({ ...world, bad: 2 }, { draws: 10, seed })).toBeGreaterThan(8);
    },
  );
});

describe('looking again and again', () => {
  const better = (minimumEffect: number, more: Partial<GateRules> = {}) =>
    GateRules.parse({ metric: 'mae', minimumEffect, ...more });
  const spending = better(0, { holdout: 'fresh', looks: { most: 5, spending: 'obrien-fleming' } });
  // 2.5 % of 400 series are 10.
  it('errs as stated where looks share a level, and oftener where they do not', () => {
    const series = (rules: typeof spending) => looks({ rules, most: 5, gain: 0, another: false }, 400, seed);
    expect(series(spending)).toBeLessThan(20);
    expect(series(better(0))).toBeGreaterThan(20);
  });

  it('promotes too often what was tuned on the holdout, and not on fresh rows', () => {
    const first = (reused: boolean) => {
      const year = { rules: better(0), confidence: 0.95, reused, tuned: reused, weeks: 1 };
      return years(year, 400, seed).filter(([week]) => week === 0).length;
    };
    expect(first(true)).toBeGreaterThan(35);
    expect(first(false)).toBeLessThan(23);
  });

  it('never goes down by more than the least gain that it asks for', () => {
    const worlds = ratchet({ rules: better(0.02), candidates: 'never better' }, 3, seed);
    expect(Math.min(...worlds.map(({ least }) => least))).toBeGreaterThan(-0.03);
  });
});

describe('sizes of units', () => {
  it('add up, alike or with a long tail', () => {
    expect(sizesOf(8, 800, true)).toEqual(new Array(8).fill(100));
    const tail = sizesOf(50, 1_000, false);
    expect(tail.reduce((sum, size) => sum + size, 0)).toBe(1_000);
    expect(Math.max(...tail) / Math.min(...tail)).toBeGreaterThan(20);
  });

  it('and shares have their error', () => {
    expect(share(250, 10_000)).toBe('2.5 % ± 0.2 of 10,000');
    expect(share(0, 100)).toBe('0.0 % ± 1.0 of 100');
  });
});
