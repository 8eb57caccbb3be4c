/** The gate's fairness rule: what passes, what is refused and what cannot be told, in words. */
import { describe, expect, it } from 'vitest';
import { figure } from '#contracts/data.ts';
import { type AttributeFairness, criteriaOf, type Fairness } from '#contracts/fairness.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import { disparityOf } from '#decisions/fairness/disparities.ts';
import { decideGate } from '#decisions/gate.ts';
import { evidence, rules } from './gate-evidence.ts';

type Rule = NonNullable<GateRules['fairness']>[number];
/** Rows, positives and what each model's rates are; the last group has no negatives where its false positive rate is NaN. */
interface Drawn {
  readonly value: string;
  readonly rows: number;
  readonly candidate: readonly [selected: number, tpr: number, fpr: number];
  readonly champion?: readonly [selected: number, tpr: number, fpr: number];
}

const rates = ([selected, tpr, fpr]: Drawn['candidate']): Record<string, number | 'NaN'> =>
  Object.fromEntries(
    Object.entries({
      ...{ selection_rate: selected, true_positive_rate: tpr, false_positive_rate: fpr },
      ...{ precision: 0.7, accuracy: 0.8 },
    }).map(([name, value]) => [name, figure(value) as number | 'NaN']),
  );
/** Independent rows: half of them positive. */
function measured(drawn: readonly Drawn[], more: Partial<AttributeFairness> = {}): Fairness {
  const groups = drawn.map(({ value, rows, candidate, champion = candidate }) => ({
    ...{ values: [value], rows, positives: rows / 2 },
    ...{ candidate: rates(candidate), champion: rates(champion) },
  }));
  const between = (side: 'candidate' | 'champion') =>
    Object.fromEntries(
      criteriaOf('binary').map((criterion) => {
        const { difference, ratio } = disparityOf(criterion, groups, side);
        return [criterion, { difference: figure(difference.difference), ratio: figure(ratio.ratio) }];
      }),
    );
  const size = 2 * groups.length;
  const sure = (name: string, share: number) => {
    const rows = drawn.map((group) => group.rows * share);
    const both = [...rows, ...rows];
    const values = (['candidate', 'champion'] as const).flatMap((side) =>
      groups.map((group) => Number(group[side][name])),
    );
    const covariance = values.flatMap((p, row) =>
      values.slice(row).map((_, at) => {
        const own = Number.isNaN(p) ? 0 : (p * (1 - p)) / ((both[row] as number) - 1);
        // Both models agree on most rows of a group.
        return at === 0 ? own : at === groups.length && row < groups.length ? own * 0.8 : 0;
      }),
    );
    expect(covariance).toHaveLength((size * (size + 1)) / 2);
    return { units: both, effective: both, covariance };
  };
  const attribute: AttributeFairness = {
    ...{ columns: ['sex'], groups, candidate: between('candidate'), champion: between('champion') },
    ...{ missing: 0, small: [], smallInAll: { groups: 0, rows: 0 }, leftOut: { groups: 0, rows: 0 } },
    uncertainty: {
      ...{
        selection_rate: sure('selection_rate', 1),
        accuracy: sure('accuracy', 1),
        precision: sure('precision', 0.5),
      },
      ...{ true_positive_rate: sure('true_positive_rate', 0.5), false_positive_rate: sure('false_positive_rate', 0.5) },
    },
    ...more,
  };
  return { minimumGroupRows: 100, by: 'rows', attributes: [attribute] };
}

const two = measured([
  { value: 'F', rows: 4_000, candidate: [0.5, 0.8, 0.2], champion: [0.5, 0.85, 0.2] },
  { value: 'M', rows: 4_000, candidate: [0.45, 0.7, 0.2], champion: [0.46, 0.84, 0.2] },
]);
function judged(fairness: Fairness | undefined, rule: Rule, of: Parameters<typeof evidence>[0] = {}) {
  const decision = decideGate({ evidence: { ...evidence(of), fairness }, rules: rules({ fairness: [rule] }) });
  return { ...decision, found: decision.findings.filter((finding) => finding.rule === 'fairness') };
}

describe('a limit without a confidence is held against the figures', () => {
  it('passes what keeps it, and says who is treated how', () => {
    const { outcome, found } = judged(two, { attribute: 'sex', criterion: 'demographic_parity', maxDifference: 0.1 });
    expect(outcome).toBe('passed');
    expect(found).toEqual([
      {
        ...{ rule: 'fairness', outcome: 'passed' },
        reason:
          'demographic parity by sex: the model says yes to 50 % in sex=F (4,000 rows) and 45 % in sex=M (4,000 rows): 0.050 apart, at most the 0.1 that is allowed',
      },
    ]);
  });
  it('refuses what is beyond, with how much is missing', () => {
    const { outcome, reasons, distance } = judged(two, {
      ...{ attribute: 'sex', criterion: 'equal_opportunity', maxDifference: 0.08 },
    });
    expect(outcome).toBe('refused');
    expect(reasons[0]).toBe(
      'equal opportunity by sex: of the rows that are positive the model finds 80 % in sex=F (2,000 rows) and 70 % in sex=M (2,000 rows): 0.100 apart, more than the 0.08 that is allowed',
    );
    expect(distance['fairness equal_opportunity by sex']).toBeCloseTo(0.02, 12);
  });
  it('takes a difference of just the limit as kept, though 0.8 − 0.7 is more than 0.1 in doubles', () => {
    expect(0.8 - 0.7).toBeGreaterThan(0.1);
    const rule = { attribute: 'sex', criterion: 'equalized_odds', maxDifference: 0.1 } as const;
    expect(judged(two, rule).outcome).toBe('passed');
  });
  it('holds ratios against their own limit', () => {
    const rule: Rule = { attribute: ['sex'], criterion: 'equal_opportunity', minRatio: 0.9 };
    const { outcome, reasons } = judged(two, rule);
    expect(outcome).toBe('refused');
    expect(reasons[0]).toContain('the lower is 0.875 of the higher, less than the 0.9 that it has to be');
    expect(judged(two, { ...rule, minRatio: 0.8 }).outcome).toBe('passed');
  });
  it('finds for each of two limits', () => {
    const { found } = judged(two, {
      ...{ attribute: 'sex', criterion: 'equal_opportunity', maxDifference: 0.2, minRatio: 0.9 },
    });
    expect(found.map(({ outcome }) => outcome)).toEqual(['passed', 'refused']);
  });
});

describe('a limit with a confidence is held against the interval', () => {
  const rule = { attribute: 'sex', criterion: 'equal_opportunity', confidence: 0.95 } as const;
  it.each([
    [0.05, 'refused', /more than the 0\.05 that is allowed, and chance does not explain it$/],
    [0.1, 'inconclusive', /neither shows nor rules out that it is more than the 0\.1 that is allowed; more rows/],
    [0.15, 'passed', /at most the 0\.15 that is allowed, chance included$/],
  ] as const)('difference: %d is %s', (maxDifference, outcome, words) => {
    const { found } = judged(two, { ...rule, maxDifference });
    expect(found[0]).toMatchObject({ outcome, reason: expect.stringMatching(words) });
    // √(0.8·0.2/1999 + 0.7·0.3/1999) · t(1999 degrees of freedom)
    expect(found[0]?.reason).toContain('(95 % interval 0.073 … 0.127)');
  });
  it.each([
    [0.95, 'refused'],
    [0.875, 'inconclusive'],
    [0.8, 'passed'],
  ] as const)('ratio: %d is %s', (minRatio, outcome) => {
    expect(judged(two, { ...rule, minRatio }).found[0]?.outcome).toBe(outcome);
  });
  it('is inconclusive where the evidence does not say how sure its rates are', () => {
    const { uncertainty: _, ...attribute } = two.attributes[0] as AttributeFairness;
    const { found } = judged({ ...two, attributes: [attribute] }, { ...rule, maxDifference: 0.01 });
    expect(found[0]?.outcome).toBe('inconclusive');
  });
  it('does not take a rate of exactly 0 or 1 for sure', () => {
    const few = measured([
      { value: 'F', rows: 40, candidate: [0.5, 1, 0.2] },
      { value: 'M', rows: 40, candidate: [0.5, 0.95, 0.2] },
    ]);
    expect(judged(few, { ...rule, maxDifference: 0.04 }).found[0]?.outcome).toBe('inconclusive');
  });
  it('tells nothing from fewer than eight of what is independent', () => {
    const attribute = two.attributes[0] as AttributeFairness;
    const sure = attribute.uncertainty?.true_positive_rate;
    if (!sure) throw new Error('it was measured');
    const uncertainty = { ...attribute.uncertainty, true_positive_rate: { ...sure, units: [7, 7, 7, 7] } };
    const { found } = judged({ ...two, attributes: [{ ...attribute, uncertainty }] }, { ...rule, maxDifference: 0.01 });
    expect(found[0]?.outcome).toBe('inconclusive');
  });
});

describe('relative to the champion', () => {
  const rule = { attribute: 'sex', criterion: 'equal_opportunity', relativeToChampion: true } as const;
  it('allows so much more than the champion has', () => {
    expect(judged(two, { ...rule, maxDifference: 0.1 }).found[0]).toMatchObject({
      outcome: 'passed',
      reason: expect.stringContaining(
        "0.100 apart, and champion v3's groups are 0.010: 0.090 more, at most the 0.1 more",
      ),
    });
    expect(judged(two, { ...rule, maxDifference: 0.05 }).found[0]?.outcome).toBe('refused');
  });
  it('with a confidence by the same rows: what the models share makes no difference uncertain', () => {
    const sure = { ...rule, confidence: 0.95 };
    expect(judged(two, { ...sure, maxDifference: 0.01 }).found[0]?.outcome).toBe('refused');
    expect(judged(two, { ...sure, maxDifference: 0.09 }).found[0]?.outcome).toBe('inconclusive');
    expect(judged(two, { ...sure, maxDifference: 0.2 }).found[0]?.outcome).toBe('passed');
  });
  it('does not judge the first champion', () => {
    const { outcome, reasons, found } = judged(two, { ...rule, maxDifference: 0 }, { champion: null });
    expect(outcome).toBe('passed');
    expect(found).toEqual([]);
    expect(reasons.join('\n')).toMatch(/held against the champion's, and there is none yet: not judged/);
  });
});

describe('groups that cannot be judged', () => {
  const rule = { attribute: 'sex', criterion: 'equalized_odds', maxDifference: 1 } as const;
  it('are inconclusive when fewer than two are left', () => {
    const one = measured([{ value: 'F', rows: 4_000, candidate: [0.5, 0.8, 0.2] }]);
    expect(judged(one, rule)).toMatchObject({
      outcome: 'inconclusive',
      reasons: expect.arrayContaining([
        'equalized odds by sex cannot be judged: only sex=F has the 100 rows that a group is judged from, and it takes two',
      ]),
    });
    expect(judged(measured([]), rule).reasons[0]).toMatch(/no group has the 100 rows/);
  });
  it('are named when a rate is not defined there, and do not decide', () => {
    const without = measured([
      { value: 'F', rows: 400, candidate: [0.5, 0.8, 0.2] },
      { value: 'M', rows: 400, candidate: [0.5, 0.8, 0.25] },
      { value: 'X', rows: 400, candidate: [0.5, 0.8, Number.NaN] },
    ]);
    const { outcome, reasons } = judged(without, { ...rule, maxDifference: 0.1 });
    expect(outcome).toBe('passed');
    expect(reasons).toContain('note: sex: the false positive rate is not defined on sex=X');
    const alone = measured([
      { value: 'F', rows: 400, candidate: [0.5, 0.8, 0.2] },
      { value: 'X', rows: 400, candidate: [0.5, 0.8, Number.NaN] },
    ]);
    expect(judged(alone, { ...rule, maxDifference: 0.1 }).reasons[0]).toMatch(
      /the false positive rate is defined for fewer than two of 2 groups/,
    );
  });
  it('are told when they are small, and rows without a value with them', () => {
    const small = measured(
      [
        { value: 'F', rows: 400, candidate: [0.5, 0.8, 0.2] },
        { value: 'M', rows: 400, candidate: [0.5, 0.8, 0.2] },
      ],
      {
        missing: 34,
        small: [{ values: ['X'], rows: 5 }],
        smallInAll: { groups: 1, rows: 5 },
        leftOut: { groups: 2, rows: 250 },
      },
    );
    expect(judged(small, rule).reasons).toEqual(
      expect.arrayContaining([
        'note: sex: groups with fewer than 100 rows are counted and not judged: sex=X (5 rows)',
        'note: sex: 2 more groups (250 rows) are beyond those that are judged',
        'note: sex: 34 rows without a value are in no group',
      ]),
    );
  });
});

describe('what no evidence can answer', () => {
  it.each([
    [
      two,
      { attribute: 'race', criterion: 'equal_opportunity', maxDifference: 1 },
      /groups by race.*It measured: sex\./,
    ],
    [two, { attribute: ['sex', 'race'], criterion: 'equal_opportunity', maxDifference: 1 }, /by sex × race/],
    [undefined, { attribute: 'sex', criterion: 'equal_opportunity', maxDifference: 1 }, /It measured: none\. Add it/],
  ] as const)('is told with what there is', (fairness, rule, words) => {
    expect(() => judged(fairness, rule as Rule)).toThrow(
      expect.objectContaining({ type: 'InvalidInput', message: expect.stringMatching(words) }),
    );
  });
  it('is a criterion of a positive class where there is none', () => {
    const of = { ...evidence({}), task: 'multiclass' as const, fairness: two };
    const asked = (criterion: 'equalized_odds' | 'accuracy_parity') =>
      decideGate({ evidence: of, rules: rules({ fairness: [{ attribute: 'sex', criterion, maxDifference: 1 }] }) });
    expect(() => asked('equalized_odds')).toThrow(/a multiclass task does not have. It has: accuracy_parity/);
    expect(asked('accuracy_parity').outcome).toBe('passed');
  });
});

describe('rules that say nothing, or too much', () => {
  const parsed = (rule: object) =>
    GateRules.safeParse({ metric: 'roc_auc', minimumEffect: 0, fairness: [{ attribute: 'sex', ...rule }] });
  it.each([
    [{ criterion: 'equal_opportunity' }, /by difference \(maxDifference: 0\.1\), by ratio/],
    [{ criterion: 'equal_opportunity', relativeToChampion: true, minRatio: 0.8 }, /how much further apart/],
    [{ criterion: 'equal_opportunity', relativeToChampion: true, minRatio: 0.8, maxDifference: 0 }, /leave it out/],
    [{ criterion: 'equal_opportunity', maxDifference: 2 }, /<=1|at most 1|expected number to be/],
    [{ criterion: 'equality', maxDifference: 0.1 }, /demographic_parity/],
  ])('%j is refused', (rule, words) => {
    expect(JSON.stringify(parsed(rule).error?.issues)).toMatch(words);
  });
  it('one limit is enough', () => {
    expect(parsed({ criterion: 'equal_opportunity', maxDifference: 0.1 }).success).toBe(true);
    expect(parsed({ criterion: 'demographic_parity', minRatio: 0.8 }).success).toBe(true);
  });
});
