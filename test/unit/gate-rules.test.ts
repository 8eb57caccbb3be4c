/** Rule by rule: what each asks for, where it cannot tell, and what of rules is refused before anything is trained. */
import { describe, expect, it } from 'vitest';
import { Verdict } from '#contracts/data.ts';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import { decideGate } from '#decisions/gate.ts';
import { allScored, decide, evidence, rules, slice } from './gate-evidence.ts';

describe('too little that is independent', () => {
  const days = (count: number) => ({ by: 'blocks', count, length: '1 day' }) as const;
  it('is inconclusive, whatever the interval says, and says what is missing', () => {
    const decision = decide({ unit: days(5) });
    expect(decision).toMatchObject({ outcome: 'inconclusive', distance: { blocks: 3 } });
    expect(decision.reasons[0]).toBe(
      "roc_auc 0.717 against champion v3's 0.699: better by 0.018, but the holdout has only 5 blocks of 1 day, and fewer than 8 do not tell a difference from chance: 3 more are needed",
    );
    expect(decide({ unit: days(7), interval: [-0.3, -0.2] }).outcome).toBe('inconclusive');
    expect(decide({ unit: days(8) })).toMatchObject({
      outcome: 'passed',
      reasons: [expect.stringContaining('(95 % interval +0.011 … +0.024 over 8 blocks of 1 day)')],
    });
  });
  it('are clusters and rows, too, those that were scored', () => {
    expect(decide({ unit: { by: 'clusters', count: 7, length: 'customer' } }).reasons[0]).toContain(
      'only 7 clusters of customer, and fewer than 8 do not tell a difference from chance: 1 more is needed',
    );
    expect(decide({ scored: allScored(3) }).reasons[0]).toContain('only 3 rows');
    // Of an earlier version: by what was left out.
    expect(decide({ dropped: { target: 12_340, candidate: 0, champion: 0 } }).reasons[0]).toContain('only 5 rows');
  });
  it('makes no first champion', () => {
    expect(decide({ champion: null, scored: { ...allScored(1), champion: null } })).toMatchObject({
      outcome: 'inconclusive',
      distance: { rows: 7 },
      reasons: [expect.stringMatching(/^first champion: .*but the holdout has only 1 row, /)],
    });
  });
});

describe('not worse', () => {
  const by = { minimumEffect: undefined, notWorseThan: 0.005, floors: { roc_auc: 0.6 } };
  it('passes a model as good, and says what was asked', () => {
    expect(decide({ candidate: 0.698, champion: 0.699, interval: [-0.004, 0.002] }, by)).toMatchObject({
      outcome: 'passed',
      reasons: [
        "roc_auc 0.698 against champion v3's 0.699: worse by 0.001 (95 % interval −0.004 … +0.002), less than the 0.005 that it may be worse",
        'roc_auc 0.698 keeps the floor of 0.6',
      ],
    });
  });
  it('refuses one that is surely worse, and is inconclusive about the rest, the limit itself included', () => {
    const refused = decide({ candidate: 0.68, champion: 0.699, interval: [-0.03, -0.006] }, by);
    expect(refused.outcome).toBe('refused');
    expect(refused.distance.roc_auc).toBeCloseTo(0.025, 12);
    expect(refused.reasons[0]).toMatch(/, more than the 0\.005 that it may be worse even at the upper end$/);
    expect(decide({ interval: [-0.005, 0.01] }, by).outcome).toBe('inconclusive');
    expect(decide({ interval: [-0.02, 0.01] }, by).reasons[0]).toMatch(
      /, which neither shows nor rules out that it is worse by 0\.005; more holdout rows narrow the interval$/,
    );
  });
});

describe('rows scored', () => {
  const scored = { eligible: 1_000, candidate: 100, champion: 1_000, both: 100 };
  it('refuse a model that answers where it is easy', () => {
    const decision = decide({ scored });
    expect(decision.outcome).toBe('refused');
    expect(decision.reasons[0]).toBe(
      'only 100 of 1,000 rows (10 %) were scored by both models, and the gate needs 99 %: the candidate gave none for 900. Let the model answer every row, or set `coverage` (0.99) in the rules',
    );
    expect(decision.distance.coverage).toBeCloseTo(0.89, 12);
    expect(decide({ scored }, { coverage: 0.1 }).outcome).toBe('passed');
  });
  it('count from 99 % on, and are no reason then', () => {
    const of = (both: number) => decide({ scored: { eligible: 10_000, candidate: both, champion: 10_000, both } });
    expect(of(9_900)).toMatchObject({ outcome: 'passed', reasons: [expect.stringMatching(/^roc_auc/)] });
    expect(of(9_900).findings).toContainEqual({
      ...{ rule: 'coverage', outcome: 'passed' },
      reason: '9,900 of 10,000 rows (99 %) were scored by both models',
    });
    // Never rounded up to what is asked for.
    expect(of(9_899).reasons[0]).toContain('(98.99 %)');
  });
  it('are counted from what was left out in earlier evidence, and not judged where that is not said', () => {
    expect(decide({ dropped: { target: 345, candidate: 100, champion: 50 } }).reasons[0]).toContain(
      'only 11,850 of 12,000 rows (98.75 %) were scored by both models, and the gate needs 99 %: the candidate gave none for 100, the champion gave none for 50',
    );
    const nothing = decideGate({ evidence: { ...evidence({}), scored: undefined }, rules: rules() });
    expect(nothing.outcome).toBe('passed');
    expect(nothing.reasons.at(-1)).toMatch(/^note: how many rows were scored is not in this evidence/);
  });
  it('are the candidate’s alone where there is no champion', () => {
    const alone = { eligible: 1_000, candidate: 500, champion: null, both: 500 };
    expect(decide({ champion: null, scored: alone }).reasons[0]).toMatch(
      /^only 500 of 1,000 rows \(50 %\) were scored by the candidate/,
    );
  });
  it('none at all refuses', () => {
    expect(decide({ scored: { eligible: 0, candidate: 0, champion: 0, both: 0 } })).toMatchObject({
      outcome: 'refused',
      distance: { coverage: 0.99 },
    });
  });
});

describe('a floor with a confidence', () => {
  const interval = (lower: number, upper: number) => ({
    roc_auc: { value: 0.717, lower, upper, confidence: 0.95, standardError: 0.01 },
  });
  const floors = { roc_auc: { limit: 0.7, confidence: 0.95 } };
  it('is kept, broken, or inside the interval', () => {
    expect(decide({ intervals: interval(0.7, 0.737) }, { floors })).toMatchObject({
      outcome: 'passed',
      reasons: [expect.any(String), 'roc_auc 0.717 (95 % interval 0.700 … 0.737) keeps the floor of 0.7'],
    });
    const straddles = decide({ intervals: interval(0.697, 0.737) }, { floors });
    expect(straddles.outcome).toBe('inconclusive');
    expect(straddles.reasons[0]).toBe(
      'roc_auc 0.717 (95 % interval 0.697 … 0.737) neither shows nor rules out that the floor of 0.7 is kept; more holdout rows narrow the interval',
    );
    expect(straddles.distance['floor roc_auc']).toBeCloseTo(0.003, 12);
    expect(decide({ intervals: interval(0.6, 0.699) }, { floors }).outcome).toBe('refused');
  });
  it('of another confidence is judged by the standard error', () => {
    const at = (confidence: number) =>
      decide({ intervals: interval(0.697, 0.737) }, { floors: { roc_auc: { limit: 0.7, confidence } } });
    // 0.717 − 1.6449 × 0.01 and 0.717 − 2.5758 × 0.01.
    expect(at(0.9).reasons).toContain('roc_auc 0.717 (90 % interval 0.701 … 0.733) keeps the floor of 0.7');
    expect(at(0.99).reasons[0]).toContain('(99 % interval 0.691 … 0.743)');
    // By Student's t where that rests on few: 0.717 − 2.8214 × 0.01 of ten.
    const [few] = [interval(0.697, 0.737).roc_auc].map((roc_auc) => ({ roc_auc: { ...roc_auc, units: 10 } }));
    const { reasons } = decide({ intervals: few }, { floors: { roc_auc: { limit: 0.7, confidence: 0.98 } } });
    expect(reasons[0]).toContain('(98 % interval 0.689 … 0.745)');
  });
  it('is a ceiling where less is better', () => {
    const log = { log_loss: { value: 0.41, lower: 0.4, upper: 0.42, confidence: 0.95, standardError: 0.005 } };
    const outcome = (limit: number) =>
      decide({ intervals: log }, { floors: { log_loss: { limit, confidence: 0.95 } } }).outcome;
    expect([0.42, 0.415, 0.399].map(outcome)).toEqual(['passed', 'inconclusive', 'refused']);
  });
  it('cannot be judged in evidence without intervals, and never passes then', () => {
    expect(decide({}, { floors })).toMatchObject({
      outcome: 'inconclusive',
      distance: { 'floor roc_auc': 'NaN' },
      reasons: [expect.stringContaining('has no interval in this evidence'), expect.any(String)],
    });
    expect(decide({ candidate: Number.NaN }, { floors }).outcome).toBe('refused');
  });
});

describe('slices with intervals', () => {
  const by = { slices: { metric: 'roc_auc', maxDrop: 0.01, floor: 0.6, level: 0.05 } };
  const forty = (worse: number, error: number) => [
    slice('UA', 0.7 - worse, 0.7, 1_000, error),
    ...Array.from({ length: 39 }, (_, at) => slice(`other ${at}`, 0.7, 0.7, 1_000, error)),
  ];
  it('do not refuse for what chance explains, and say so', () => {
    // Worse by 2.5 standard errors: 0.6 % on one slice, a fifth on one of forty.
    const decision = decide({ slices: forty(0.025, 0.01) }, by);
    expect(decision.outcome).toBe('passed');
    expect(decision.reasons.slice(1)).toEqual([
      'roc_auc is shown to be beyond on none of 40 slices (floor 0.6, at most 0.01 worse than the champion)',
      'roc_auc is beyond a limit on carrier=UA, by no more than chance explains',
    ]);
    expect(decide({ slices: forty(0.025, 0.01).slice(0, 1) }, by)).toMatchObject({
      outcome: 'refused',
      reasons: [
        "roc_auc 0.675 on carrier=UA (1,000 rows) is 0.025 worse than champion v3's 0.700, more than the 0.01 allowed, which chance shows with probability 0.0062",
        expect.any(String),
      ],
    });
  });
  it('refuse for what is worse among many', () => {
    const decision = decide({ slices: forty(0.05, 0.01) }, by);
    expect(decision.outcome).toBe('refused');
    expect(decision.reasons[0]).toContain('chance shows with probability below 0.0001; 40 slices were tested');
    expect(decision.distance['slice carrier=UA roc_auc']).toBeCloseTo(0.04, 12);
  });
  it('refuse what is beyond and shown to be worse, though not shown to be beyond', () => {
    // 5 standard errors worse than the champion, 1 beyond what is allowed.
    expect(decide({ slices: forty(0.05, 0.01) }, { slices: { ...by.slices, maxDrop: 0.04 } }).outcome).toBe('refused');
    // 5 standard errors worse, and within what is allowed.
    expect(decide({ slices: forty(0.05, 0.01) }, { slices: { ...by.slices, maxDrop: 0.06 } }).outcome).toBe('passed');
  });
  it('of few units are judged by Student’s t, of fewer than eight not at all', () => {
    // t = 2.0: 4.0 % on 9 units, 2.7 % on 30.
    const at = (units: number) =>
      decide({ slices: [slice('UA', 0.68, 0.7, 1_000, 0.01, units)] }, { slices: { ...by.slices, level: 0.04 } });
    expect(at(9).outcome).toBe('passed');
    expect(at(30).outcome).toBe('refused');
    expect(at(7).reasons.slice(1)).toEqual([
      'no slice has figures: the slice rule had nothing to judge',
      'too little independent data to judge roc_auc on carrier=UA',
    ]);
  });
  it('without any noise are what they are', () => {
    const of = (candidate: number) => decide({ slices: [slice('UA', candidate, 0.7, 500, 0)] }, by).outcome;
    expect([0.69, 0.689].map(of)).toEqual(['passed', 'refused']);
  });
  it('the floor and the drop do not share their level: a further limit lets nothing through', () => {
    // Worse by 2.3 standard errors: 1.1 %, which a level of 2 % shared by two tests would let through.
    const slices = [slice('UA', 0.677, 0.7, 1_000, 0.01)];
    const drop = { metric: 'roc_auc', maxDrop: 0.01, level: 0.02 };
    expect(decide({ slices }, { slices: drop }).outcome).toBe('refused');
    expect(decide({ slices }, { slices: { ...drop, floor: 0.6 } }).outcome).toBe('refused');
  });
  it('of a first champion have a floor or nothing to keep', () => {
    const slices = forty(0.2, 0.001).map((each) => ({ ...each, champion: null }));
    const drop = { metric: 'roc_auc', maxDrop: 0.01 };
    expect(decide({ champion: null, slices }, { slices: drop }).findings.map(({ rule }) => rule)).toEqual([
      'comparison',
      'coverage',
    ]);
    expect(decide({ champion: null, slices }, { slices: { ...drop, floor: 0.5 } }).reasons.at(-1)).toBe(
      'roc_auc holds on all 40 slices (floor 0.5)',
    );
    expect(decide({ champion: null, slices }, { slices: { ...drop, floor: 0.6 } }).outcome).toBe('refused');
  });
  it('of earlier evidence are judged by their figures, and that is said', () => {
    const old = [slice('UA', 0.68, 0.7, 500, null), slice('AA', 0.7, 0.7, 500, null)];
    const decision = decide({ slices: old }, by);
    expect(decision.outcome).toBe('refused');
    expect(decision.reasons[0]).toBe(
      "roc_auc 0.680 on carrier=UA (500 rows) is 0.020 worse than champion v3's 0.700, more than the 0.01 allowed",
    );
    expect(decision.reasons.at(-1)).toBe(
      'note: slices are judged by their figures alone (floor, drop), chance included: the evidence has no intervals for that',
    );
  });
});

describe('findings', () => {
  it('are one for each rule, and travel in a verdict, old ones without', () => {
    const { findings, ...decision } = decide(
      { candidate: 0.6, interval: [-0.1, -0.05] },
      { floors: { roc_auc: 0.65 } },
    );
    expect(findings.map(({ rule, outcome }) => [rule, outcome])).toEqual([
      ['comparison', 'refused'],
      ['coverage', 'passed'],
      ['floors', 'refused'],
    ]);
    expect(findings[2]?.distance).toBeCloseTo(0.05, 12);
    const { outcome, reasons, against, distance, comparison } = decision;
    const old = {
      ...({ kind: 'verdict', outcome, reasons, against, distance, comparison, digest: 'sha256:v' } as const),
      evidence: { uri: 's3://b/e', digest: 'sha256:e', html: null },
    };
    expect(Verdict.parse(old)).not.toHaveProperty('findings');
    expect(Verdict.parse({ ...old, findings }).findings).toEqual(findings);
  });
  it('say that too few rows were left', () => {
    const sides = [{ side: 'champion' as const, training: [], rows: 12_300, windows: [], unknown: false }];
    const { findings } = decideGate({
      evidence: { ...evidence({}), overlap: { rows: 12_300, holdout: null, sides } },
      rules: rules(),
    });
    expect(findings).toMatchObject([{ rule: 'overlap', outcome: 'refused', distance: 55 }]);
  });
});

describe('rules that cannot be meant', () => {
  const problem = (given: object) => {
    const parsed = GateRules.safeParse(given);
    return parsed.success ? null : issuesInWords(parsed.error, given);
  };
  it.each([
    [
      { metric: 'roc_auc' },
      'minimumEffect is missing: by how much a candidate must be better (minimumEffect: 0.002), or by how much it may be worse (notWorseThan: 0.005)',
    ],
    [
      { metric: 'roc_auc', minimumEffect: 0, notWorseThan: 0.005, floors: { roc_auc: 0.6 } },
      'notWorseThan is 0.005: minimumEffect is 0 beside it, and only one of the two can decide: leave one out',
    ],
    [
      { metric: 'roc_auc', notWorseThan: 0.005 },
      'floors.roc_auc is missing: with notWorseThan quality could go down by 0.005 with every promotion, so say how far at most',
    ],
    [
      { metric: 'roc_auc', notWorseThan: 0, floors: { roc_auc: 0.6 } },
      'notWorseThan is 0: Too small: expected number to be >0',
    ],
    [{ metric: 'roc_auc', minimumEffect: 0, coverage: 1.5 }, 'coverage is 1.5: Too big: expected number to be <=1'],
    [
      { metric: 'roc_auc', minimumEffect: 0, floors: { roc_auc: { limit: 0.6, confidence: 95 } } },
      'floors.roc_auc.confidence is 95: Too big: expected number to be <1',
    ],
  ])('%j: %s', (given, words) => {
    expect(problem(given)).toBe(words);
  });
  it('leave what was written before as it was', () => {
    const before = {
      metric: 'rmse',
      minimumEffect: 0,
      floors: { r2: 0 },
      slices: { metric: 'rmse', maxDrop: 1, floor: 3 },
    };
    expect(problem(before)).toBeNull();
    expect(GateRules.parse(before)).toMatchObject({ ...before, coverage: 0.99, slices: { level: 0.05 } });
  });
});
