/** What steps of the user's own found judges beside the rules. */
import { DatasetRef, definePipeline, defineStep, evaluate, GateCheck, gate, ModelRef } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gate as stage } from '#contracts/stages/gate.ts';
import { titleOf } from '#decisions/gate/rules/registry.ts';
import { decideGate } from '#decisions/gate.ts';
import { evidence, rules } from './gate-evidence.ts';

const judged = (...checks: GateCheck[]) => decideGate({ evidence: evidence({}), rules: rules(), checks });
const saidOf = (check: GateCheck) => judged(check).findings.find(({ rule }) => rule === 'checks');

describe('a check', () => {
  it('that passed is told, and takes nothing from the other rules', () => {
    const decision = judged({ name: 'contract tests', passed: true, tests: 12 });
    expect(decision).toMatchObject({ outcome: 'passed', distance: {} });
    expect(decision.reasons).toContain('contract tests passed (12 tests)');
    expect(saidOf({ name: 'budget', passed: true })?.reason).toBe('budget passed');
    const worse = { evidence: evidence({ candidate: 0.6, interval: [-0.2, -0.1] }), rules: rules() };
    expect(decideGate({ ...worse, checks: [{ name: 'budget', passed: true }] }).outcome).toBe('refused');
  });
  it('that failed refuses, with what failed, and first', () => {
    const failures = ['test_schema: KeyError "a"', 'test_range:\n  assert 3 < 2'];
    const decision = judged({ name: 'contract tests', passed: false, tests: 12, failures });
    expect(decision).toMatchObject({ outcome: 'refused', distance: { 'check contract tests': 2 } });
    expect(decision.reasons[0]).toBe(
      'contract tests failed (12 tests): test_schema: KeyError "a"; test_range: assert 3 < 2',
    );
    expect(saidOf({ name: 'budget', passed: false })).toEqual({
      ...{ rule: 'checks', outcome: 'refused', reason: 'budget failed', distance: 'NaN' },
    });
  });
  it('that names failures has failed, whatever else it says', () => {
    expect(saidOf({ name: 'tests', passed: true, failures: ['one'] })?.outcome).toBe('refused');
  });
  it('that ran no test shows nothing', () => {
    expect(judged({ name: 'tests', passed: true, tests: 0 })).toMatchObject({
      outcome: 'inconclusive',
      reasons: ['tests ran no test, so it shows nothing', expect.any(String)],
    });
  });
  it('stays short, however much failed', () => {
    const failures = Array.from({ length: 400 }, (_, at) => `test_${at}: ${'x'.repeat(1_500)}`);
    const reason = saidOf({ name: 'tests', passed: false, failures })?.reason ?? '';
    expect(reason.length).toBeLessThan(1_200);
    expect(reason).toMatch(/; and 395 more$/);
  });
  it('has a name for people in the table of rules', () => {
    expect(titleOf('checks')).toBe('Check');
  });
});

it('of a wrong shape is refused before anything starts', () => {
  const given = (check: unknown) =>
    stage.input.shape.checks.safeParse([check]).error?.issues.map(({ path }) => path.join('.'));
  expect(given({ name: 'tests', passed: true })).toBeUndefined();
  expect(given({ name: '', passed: 'yes' })).toEqual(['0.name', '0.passed']);
  expect(given({ name: 'tests', passed: false, failures: ['x'.repeat(2_001)] })).toEqual(['0.failures.0']);
});

it('a step’s output is wired to the gate as one', () => {
  const load = defineStep({
    ...{ name: 'load', input: z.object({}), output: z.object({ rows: DatasetRef, model: ModelRef }) },
    run: () => {
      throw new Error('not run');
    },
  });
  const contract = defineStep({
    ...{ name: 'contract', input: z.object({ model: ModelRef }), output: z.object({ check: GateCheck }) },
    run: () => ({ check: { name: 'contract', passed: true } }),
  });
  const { nodes } = definePipeline({
    ...{ name: 'checked', model: 'm', params: z.object({}) },
    graph: ({ run, champion }) => {
      const { rows, model } = run(load, {});
      const { evidence: report } = run(evaluate, { candidate: model, champion, holdout: rows, target: 'y' });
      const { check } = run(contract, { model });
      return run(gate, { report, rules: { metric: 'roc_auc', minimumEffect: 0 }, checks: [check] });
    },
  }).compile({}, { champion: null, asOf: '2026-03-01T00:00:00.000Z' });
  expect(nodes.find(({ step }) => step === 'gate')?.input).toMatchObject({ checks: [{ $ref: ['contract', 'check'] }] });
});
