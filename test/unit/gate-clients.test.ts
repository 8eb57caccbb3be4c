/** Rules for those who use a model: whether they can still ask it, and how much of what it says changes. */
import { describe, expect, it } from 'vitest';
import { GateRules } from '#contracts/gate-rules.ts';
import type { Signature } from '#contracts/signature.ts';
import { decideGate } from '#decisions/gate.ts';
import { decide, evidence, rules } from './gate-evidence.ts';

const field = (name: string | null, type = 'double', required = true) => ({ name, type, required });
const before: Signature = { inputs: [field('a'), field('b', 'long')], outputs: [field('late', 'boolean')] };

describe('the signature', () => {
  const judged = (
    candidate: Signature | null,
    champion: Signature | null = before,
    signature: 'compatible' | 'identical' = 'compatible',
  ) => {
    const { outcome, findings } = decideGate({
      evidence: { ...evidence({}), signatures: { candidate, champion } },
      rules: rules({ signature }),
    });
    return [outcome, findings.find(({ rule }) => rule === 'signature')?.reason];
  };
  it('of a candidate that reads and gives the same is kept', () => {
    expect(judged(before)).toEqual(['passed', 'the signature is that of champion v3']);
    // By name: their order is the model's own business.
    expect(judged({ ...before, inputs: [...before.inputs].reverse() }, before, 'identical')[0]).toBe('passed');
  });
  it.each<[string, Signature, string]>([
    ['a new input', { ...before, inputs: [...before.inputs, field('c')] }, 'it reads "c", which champion v3 does not'],
    [
      'a narrower type',
      { ...before, inputs: [field('a', 'float'), field('b', 'long')] },
      'it reads "a" as float and no longer as double',
    ],
    ['a lost output', { ...before, outputs: [field('p')] }, 'it no longer gives "late"; it gives "p", too'],
    [
      'another output',
      { ...before, outputs: [field('late', 'string')] },
      'it gives "late" as string and no longer as boolean',
    ],
  ])('refuses %s', (_, candidate, why) => {
    expect(judged(candidate)).toEqual(['refused', `who asks champion v3 cannot always ask the candidate: ${why}`]);
  });
  it('refuses what was optional and is needed now', () => {
    const optional = { ...before, inputs: [field('a', 'double', false), field('b', 'long')] };
    expect(judged(before, optional)[1]).toContain('it cannot do without "a"');
    expect(judged(optional, before)).toEqual([
      'passed',
      'who asks champion v3 can ask the candidate, though it can do without "a"',
    ]);
  });
  it.each<[string, Signature, string]>([
    ['a lost input', { ...before, inputs: [field('a')] }, 'it no longer reads "b"'],
    [
      'an input that it can do without',
      { ...before, inputs: [...before.inputs, field('c', 'double', false)] },
      'it reads "c", which champion v3 does not',
    ],
    ['a wider type', { ...before, inputs: [field('a'), field('b')] }, 'it reads "b" as double and no longer as long'],
    ['one more output', { ...before, outputs: [...before.outputs, field('p')] }, 'it gives "p", too'],
  ])('tells %s, which refuses only where it has to be identical', (_, candidate, what) => {
    expect(judged(candidate)).toEqual(['passed', `who asks champion v3 can ask the candidate, though ${what}`]);
    expect(judged(candidate, before, 'identical')).toEqual([
      'refused',
      `the signature is not that of champion v3: ${what}`,
    ]);
  });
  it('of tensors goes by place, and names stay few', () => {
    const tensor = (shape: number) => ({ inputs: [field(null, `{"shape":[-1,${shape}]}`)], outputs: [] });
    expect(judged(tensor(4), tensor(4))[0]).toBe('passed');
    expect(judged(tensor(5), tensor(4))[1]).toContain('it reads input #1 as {"shape":[-1,5]}');
    const wide = { ...before, inputs: Array.from({ length: 200 }, (_, at) => field(`column ${at}`)) };
    expect(judged(wide)[1]).toMatch(/; and 197 more$/);
  });
  it('has to be there, with and without a champion', () => {
    expect(judged(null)).toEqual(['refused', expect.stringMatching(/^the candidate was logged without a signature/)]);
    expect(judged(before, null)).toEqual(['passed', 'champion v3 has no signature to be compared with']);
    const first = (signatures: { candidate: Signature | null; champion: null }) =>
      decideGate({
        evidence: { ...evidence({ champion: null }), signatures },
        rules: rules({ signature: 'compatible' }),
      });
    expect(first({ candidate: before, champion: null }).outcome).toBe('passed');
    expect(first({ candidate: null, champion: null }).outcome).toBe('refused');
  });
  it('is not known in earlier evidence, and nothing passes for that', () => {
    expect(decide({}, { signature: 'compatible' })).toMatchObject({
      outcome: 'inconclusive',
      reasons: [expect.stringMatching(/not in this evidence: evaluate again/), expect.any(String)],
    });
  });
});

describe('stability', () => {
  const judged = (stability: GateRules['stability'], churn?: { changed: number | null; difference: number | null }) =>
    decideGate({ evidence: { ...evidence({}), ...(churn ? { churn } : {}) }, rules: rules({ stability }) });
  it('passes up to the limit and refuses beyond, with the figure', () => {
    expect(judged({ changed: 0.1 }, { changed: 0.1, difference: 0.02 })).toMatchObject({
      outcome: 'passed',
      reasons: [
        expect.any(String),
        '10 % of the rows get another class than from champion v3, at most 10 % are allowed',
      ],
    });
    const refused = judged({ changed: 0.1, difference: 0.01 }, { changed: 0.25, difference: 0.02 });
    expect(refused.reasons.slice(0, 2)).toEqual([
      '25 % of the rows get another class than from champion v3, more than the 10 % allowed',
      "predictions differ from champion v3's by 0.020 on average, more than the 0.01 allowed",
    ]);
    expect(refused).toMatchObject({ outcome: 'refused', distance: { 'stability changed': 0.15 } });
  });
  it('is inconclusive where it was not measured, and nothing without a champion', () => {
    expect(judged({ changed: 0.1 }).outcome).toBe('inconclusive');
    expect(judged({ changed: 0.1 }, { changed: null, difference: 3 }).outcome).toBe('inconclusive');
    expect(decide({ champion: null }, { stability: { changed: 0 } }).outcome).toBe('passed');
  });
  it('needs a limit', () => {
    expect(GateRules.safeParse({ metric: 'rmse', minimumEffect: 0, stability: {} }).success).toBe(false);
  });
});
