/** Rows that earlier verdicts used: counted, left out, looked at again, and what the gate says of each. */
import { describe, expect, it } from 'vitest';
import type { EvidenceRef } from '#contracts/data.ts';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import { decideGate } from '#decisions/gate.ts';
import { type Case, evidence, rules } from './gate-evidence.ts';

type Reuse = NonNullable<EvidenceRef['reuse']>;
const used = (more: Partial<Reuse> = {}): Reuse => ({
  ...{ key: 'k', verdicts: 3, rows: 2_345, fresh: false, look: 1, looks: 1 },
  ...more,
});
const judged = (reuse: Reuse | undefined, by: Partial<GateRules> = {}, of: Case = {}) =>
  decideGate({ evidence: { ...evidence(of), ...(reuse ? { reuse } : {}) }, rules: rules(by) });
const scored = (rows: number) => ({ eligible: rows, candidate: rows, champion: rows, both: rows });
const days = (count: number) => ({ by: 'blocks', count, length: '1 day' }) as const;
const fresh = { holdout: 'fresh' } as const;

describe('rows that earlier verdicts used', () => {
  it('are counted and said where they decide with the others, and change nothing', () => {
    const { outcome, reasons } = judged(used());
    expect(outcome).toBe('passed');
    expect(reasons.at(-1)).toBe(
      'note: 3 earlier verdicts used 2,345 of 12,345 rows: what looked good there by chance looks good again',
    );
    expect(judged(used({ verdicts: 1, rows: 12_345 })).reasons.at(-1)).toMatch(
      /1 earlier verdict used all 12,345 rows:/,
    );
    expect(judged(used({ verdicts: 0, rows: 0 })).reasons).toEqual(judged(undefined).reasons);
  });

  it('make a verdict inconclusive where the rules ask for fresh ones and they were not left out', () => {
    expect(judged(used(), fresh)).toMatchObject({
      outcome: 'inconclusive',
      reasons: [
        expect.stringMatching(/the rules ask for fresh ones: let evaluate leave them out/),
        ...Array(2).fill(expect.any(String)),
      ],
    });
    expect(judged(used(), { holdout: 'reused' }).outcome).toBe('passed');
  });

  it('are left out, and the fresh ones decide', () => {
    const { outcome, findings } = judged(used({ fresh: true }), fresh, { scored: scored(10_000) });
    expect(outcome).toBe('passed');
    expect(findings).toContainEqual({
      rule: 'holdout',
      outcome: 'passed',
      reason: '3 earlier verdicts used 2,345 of 12,345 rows: these are left out, and the fresh ones decide',
    });
    expect(judged(used({ fresh: true, rows: 0, verdicts: 0 }), fresh).findings[1]).toMatchObject({ outcome: 'passed' });
  });

  it.each([
    [
      { rows: 12_345 },
      {},
      /^no row is left that no earlier .*\(3 earlier verdicts used all 12,345 rows\).* needs 100 rows: 100 more are missing/,
      100,
    ],
    [{ rows: 12_300 }, { scored: scored(45) }, /^only 45 rows are left .*: 55 more are missing/, 55],
    [
      { rows: 8_000 },
      { scored: scored(4_345), unit: days(7) },
      /^only 7 blocks of 1 day are left .* needs 8 of them: 1 more is missing/,
      1,
    ],
  ])('and too few that are left decide nothing, whatever the figures are: %j', (more, of, words, missing) => {
    const decision = judged(used({ fresh: true, ...more }), fresh, { ...of, interval: [-0.3, -0.2] });
    expect(decision).toMatchObject({ outcome: 'inconclusive', undecidable: true, findings: [{ rule: 'holdout' }] });
    expect(decision.reasons[0]).toMatch(words);
    expect(Object.values(decision.distance)).toEqual([missing]);
  });

  it('are not known of in evidence of earlier versions, which is judged all the same', () => {
    const { outcome, reasons } = judged(undefined, fresh);
    expect(outcome).toBe('passed');
    expect(reasons.at(-1)).toMatch(/^note: whether earlier verdicts used these rows is not in this evidence/);
  });

  it('are as fresh as before where so few could decide nothing at all', () => {
    expect(judged(used({ fresh: true, rows: 0 }), fresh, { unit: days(5) }).undecidable).toBe(true);
    expect(judged(used({ fresh: true, rows: 0 }), fresh, { unit: days(9), interval: [0, 0.01] }).undecidable).toBe(
      false,
    );
  });
});

describe('looks again', () => {
  const by = (spending: 'pocock' | 'obrien-fleming') => ({ ...fresh, looks: { most: 5, spending } });
  /** Better by 0.018 with a standard error of 0.0033: an interval of 95 % is 0.011 … 0.024. */
  const look = (number: number, spending: 'pocock' | 'obrien-fleming', standardError = 0.0033) => {
    const ref = evidence({});
    const comparisons = ref.comparisons.map((each) => ({ ...each, standardError }));
    const reuse = used({ fresh: true, rows: 0, verdicts: 0, look: number, looks: 5 });
    return decideGate({ evidence: { ...ref, comparisons, reuse }, rules: rules(by(spending)) });
  };

  it('are judged at their part of the level, which the reason says with what is left', () => {
    expect(look(1, 'pocock').reasons[0]).toBe(
      "roc_auc 0.717 against champion v3's 0.699: better by 0.018 (interval +0.010 … +0.024; look 1 of 5 at its level of 0.74 %, 1.8 % of 2.5 % left), above the minimum effect of 0.002",
    );
    expect(look(5, 'obrien-fleming').reasons[0]).toMatch(/look 5 of 5 at its level of 1\.3 %, 0 % of 2\.5 % left/);
    expect(look(1, 'pocock').outcome).toBe('passed');
    // A first look has next to nothing to spend.
    expect(look(1, 'obrien-fleming')).toMatchObject({ outcome: 'inconclusive', undecidable: false });
    expect(look(5, 'obrien-fleming').outcome).toBe('passed');
  });

  it('beyond the last one pass nothing, and none does without a standard error', () => {
    expect(look(6, 'pocock').outcome).toBe('inconclusive');
    expect(look(1, 'pocock', Number.NaN).outcome).toBe('inconclusive');
  });

  it('are refused as before by what is surely worse', () => {
    const { outcome } = judged(used({ fresh: true, rows: 0 }), by('obrien-fleming'), { interval: [-0.02, 0.001] });
    expect(outcome).toBe('refused');
  });

  it('need fresh rows, and a budget that is one', () => {
    const problem = (given: object) => {
      const parsed = GateRules.safeParse({ metric: 'roc_auc', minimumEffect: 0, ...given });
      return parsed.success ? null : issuesInWords(parsed.error, given);
    };
    expect(problem({ looks: { most: 3 } })).toMatch(/^looks is .*3 looks share a level .*add holdout: 'fresh'/);
    expect(problem({ looks: { most: 1 }, ...fresh })).toMatch(/^looks\.most/);
    expect(problem({ looks: { most: 3 }, ...fresh })).toBeNull();
    expect(problem({ holdout: 'new' })).toMatch(/^holdout/);
  });
});
