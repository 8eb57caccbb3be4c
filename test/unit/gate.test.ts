import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Comparison } from '#contracts/data.ts';
import { jsonProblem } from '#contracts/json.ts';
import { decideGate } from '#decisions/gate.ts';
import { allScored, type Case, decide, evidence, rules, slice } from './gate-evidence.ts';

describe('against a champion', () => {
  it('passes when the whole interval lies above the minimum effect', () => {
    expect(decide({})).toMatchObject({
      outcome: 'passed',
      against: '3',
      distance: {},
      already: false,
      reasons: [
        "roc_auc 0.717 against champion v3's 0.699: better by 0.018 (95 % interval +0.011 … +0.024), above the minimum effect of 0.002",
      ],
    });
    expect(decide({ interval: [0.0021, 0.024] }).outcome).toBe('passed');
  });

  it('is inconclusive about a tie, to the last bit or to rounding', () => {
    expect(decide({ interval: [0.002, 0.024] }).outcome).toBe('inconclusive');
    // 0.71 − 0.70 is above 0.01 by 9e-18.
    expect(decide({ interval: [0.71 - 0.7, 0.024] }, { minimumEffect: 0.01 }).outcome).toBe('inconclusive');
    const same = decide({ candidate: 0.7, champion: 0.7, interval: [0, 0] }, { minimumEffect: 0 });
    expect(same).toMatchObject({ outcome: 'inconclusive', distance: { roc_auc: 0 } });
    expect(same.reasons[0]).toBe(
      "roc_auc 0.700 against champion v3's 0.700: no difference (95 % interval 0.000 … 0.000), and as good is not better",
    );
  });

  it('refuses when all of it lies below', () => {
    const decision = decide({ candidate: 0.6, champion: 0.611, interval: [-0.019, -0.002] });
    expect(decision.outcome).toBe('refused');
    expect(decision.reasons).toEqual([
      "roc_auc 0.600 against champion v3's 0.611: worse by 0.011 (95 % interval −0.019 … −0.002), below the minimum effect of 0.002 even at the upper end",
    ]);
    expect(decision.distance.roc_auc).toBeCloseTo(0.021, 12);
  });

  it('is inconclusive in between, and says what would help', () => {
    const decision = decide({ candidate: 0.723, champion: 0.727, interval: [-0.013, 0.004] });
    expect(decision.outcome).toBe('inconclusive');
    expect(decision.reasons[0]).toBe(
      "roc_auc 0.723 against champion v3's 0.727: worse by 0.004 (95 % interval −0.013 … +0.004), which neither shows nor rules out an improvement of 0.002; more holdout rows narrow the interval",
    );
    expect(decide({ interval: [0.0019, 0.02] }).outcome).toBe('inconclusive');
    expect(decide({ interval: [-0.01, 0.002] }).outcome).toBe('inconclusive');
  });

  it('knows metrics where less is better', () => {
    const comparison = (sign: number): Comparison => ({
      metric: 'log_loss',
      higherIsBetter: false,
      candidate: 0.41,
      champion: 0.41 + 0.02 * sign,
      difference: 0.02 * sign,
      lower: 0.02 * sign - 0.005,
      upper: 0.02 * sign + 0.005,
      confidence: 0.9,
      resamples: 1000,
    });
    const of = (sign: number) =>
      decideGate({
        evidence: { ...evidence({}), comparisons: [comparison(sign)] },
        rules: rules({ metric: 'log_loss' }),
      });
    expect(of(1).reasons[0]).toBe(
      "log_loss 0.410 against champion v3's 0.430: better by 0.020 (90 % interval +0.015 … +0.025), above the minimum effect of 0.002",
    );
    expect(of(-1).outcome).toBe('refused');
  });

  it('lets the champion itself through: nothing is to be done', () => {
    const decision = decide(
      { same: true, candidate: 0.5, champion: 0.5, interval: [0, 0] },
      { floors: { roc_auc: 0.6 } },
    );
    expect(decision).toMatchObject({ outcome: 'passed', already: true, against: '3', distance: {} });
    expect(decision.reasons).toEqual([
      'this model is the champion already (v3, the same bytes)',
      'note: roc_auc 0.500 is below the floor of 0.6 by 0.100',
    ]);
  });
});

describe('the first champion', () => {
  it('needs its floors and nothing else', () => {
    expect(decide({ champion: null }, { floors: { roc_auc: 0.65, log_loss: 0.5 } })).toMatchObject({
      outcome: 'passed',
      against: null,
      comparison: null,
      distance: {},
      reasons: [
        'first champion: there is none to compare with, the floors alone decide (roc_auc 0.717)',
        'roc_auc 0.717 keeps the floor of 0.65',
        'log_loss 0.410 keeps the ceiling of 0.5',
      ],
    });
    expect(decide({ champion: null }).reasons).toEqual([
      'first champion: there is none to compare with, and no floors are set (roc_auc 0.717)',
    ]);
  });
  it('is refused below one, with the distance', () => {
    const decision = decide({ champion: null }, { floors: { roc_auc: 0.75, log_loss: 0.4 } });
    expect(decision.outcome).toBe('refused');
    expect(decision.reasons.slice(0, 2)).toEqual([
      'roc_auc 0.717 is below the floor of 0.75 by 0.033',
      'log_loss 0.410 is above the ceiling of 0.4 by 0.010',
    ]);
    expect(decision.distance['floor roc_auc']).toBeCloseTo(0.033, 12);
  });
});

describe('slices', () => {
  const slices = { metric: 'roc_auc', maxDrop: 0.01, floor: 0.6 };
  it('refuse a candidate that is worse somewhere, worst first', () => {
    const decision = decide(
      { slices: [slice('UA', 0.68, 0.7), slice('AA', 0.7, 0.69), slice('OO', 0.55, 0.56, 120)] },
      { slices },
    );
    expect(decision.outcome).toBe('refused');
    const chance = 'which chance shows with probability below 0.0001; 3 slices were tested';
    expect(decision.reasons).toEqual([
      `roc_auc 0.550 on carrier=OO (120 rows) is below the slice floor of 0.6, ${chance}`,
      `roc_auc 0.680 on carrier=UA (500 rows) is 0.020 worse than champion v3's 0.700, more than the 0.01 allowed, ${chance}`,
      expect.stringMatching(/^roc_auc 0\.717 against champion/),
    ]);
    expect(decision.distance['slice carrier=UA roc_auc']).toBeCloseTo(0.01, 12);
  });
  it('allow the drop that is allowed, rounding included', () => {
    expect(decide({ slices: [slice('UA', 0.7, 0.71)] }, { slices }).outcome).toBe('passed');
    expect(decide({ slices: [slice('UA', 0.7, 0.71)] }, { slices }).reasons[1]).toBe(
      'roc_auc holds on all 1 slices (floor 0.6, at most 0.01 worse than the champion)',
    );
  });
  it('are not judged where the data does not define the metric, and refuse where only the candidate has none', () => {
    expect(decide({ slices: [slice('UA', Number.NaN, Number.NaN), slice('AA', 0.7, 0.7)] }, { slices })).toMatchObject({
      outcome: 'passed',
      reasons: [
        expect.any(String),
        'roc_auc holds on all 1 slices (floor 0.6, at most 0.01 worse than the champion)',
        'roc_auc is not defined on carrier=UA: not judged there',
      ],
    });
    expect(decide({ slices: [slice('UA', Number.NaN, 0.7)] }, { slices }).outcome).toBe('refused');
  });
  it('too small for figures are left alone; names stay short and few', () => {
    const small = { column: 'carrier', value: 'HA', rows: 3, candidate: {}, champion: {} };
    expect(decide({ slices: [small] }, { slices })).toMatchObject({
      outcome: 'passed',
      reasons: [expect.any(String), 'no slice has figures: the slice rule had nothing to judge'],
    });
    const many = Array.from({ length: 40 }, (_, i) => slice(`${'x'.repeat(500)}${i}`, 0.5, 0.7));
    const decision = decide({ slices: many }, { slices });
    expect(decision.reasons.join('').length).toBeLessThan(2_500);
    expect(decision.reasons.length).toBeLessThan(9);
  });
});

describe('mistakes in the rules', () => {
  it('name what is there', () => {
    expect(() => decide({}, { metric: 'gini' })).toThrow(
      /"gini", which the evaluation did not measure.*roc_auc, log_loss/,
    );
    expect(() => decide({}, { floors: { rmse: 1 } })).toThrow(/gate's floor asks for the metric "rmse"/);
    expect(() => decide({}, { metric: 'log_loss' })).toThrow(
      /the evaluation compared roc_auc. Add "log_loss" to evaluate's `compare`/,
    );
  });
});

describe('figures that are not numbers', () => {
  const strange = fc.constantFrom(Number.NaN, 0.7);
  it('never pass', () => {
    fc.assert(
      fc.property(strange, strange, strange, strange, fc.boolean(), (candidate, champion, lower, upper, alone) => {
        const decision = decide(
          { candidate, champion: alone ? null : champion, interval: [lower, upper] },
          { floors: { roc_auc: 0.1 } },
        );
        const broken = Number.isNaN(candidate) || (!alone && [champion, lower, upper].some(Number.isNaN));
        expect(decision.outcome).toBe(broken ? 'refused' : 'passed');
        expect(jsonProblem(decision)).toBeNull();
      }),
    );
  });
  it('say so', () => {
    expect(decide({ candidate: Number.NaN }).reasons[0]).toMatch(
      /roc_auc cannot be compared: not a number for the candidate/,
    );
    expect(decide({ dropped: { target: 0, candidate: 15, champion: 0 } }).reasons.at(-1)).toBe(
      'note: 15 of 12,345 rows were left out: the candidate gave no score',
    );
  });
});
