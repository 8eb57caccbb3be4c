/** Where people decide beside the figures: when they are asked, who they are, and what their word is bound to. */
import { continuousTraining, python } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { createRegister } from '#activities/release/register.ts';
import { sha256 } from '#activities/sha256.ts';
import type { Verdict } from '#contracts/data.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import { canonicalJson } from '#contracts/json.ts';
import type { PlanNode } from '#contracts/plan.ts';
import { storyOf } from '#contracts/run-story.ts';
import { withPeople } from '#workers/code/roles.ts';
import { ApprovalDesk } from '#workflows/run/interpreter/approvals.ts';
import { decide } from './gate-evidence.ts';

const approval = { by: ['anna', 'ben'], quorum: 2 };
const passing = {};
const open = { interval: [-0.004, 0.03] as const };
const worse = { candidate: 0.69, interval: [-0.02, -0.001] as const };

describe('a gate that asks people', () => {
  it.each([
    ['always', passing, 'needs-approval', 'every rule is kept, and 2 of anna, ben must approve before it is promoted'],
    ['always', open, 'inconclusive', null],
    ['always', worse, 'refused', null],
    ['inconclusive', passing, 'passed', null],
    ['inconclusive', open, 'needs-approval', 'the holdout does not decide, so 2 of anna, ben must decide'],
    ['inconclusive', worse, 'refused', null],
  ] as const)('%s, of %j: %s', (when, of, outcome, first) => {
    const decision = decide(of, { approval: { ...approval, when } });
    expect(decision.outcome).toBe(outcome);
    const alone = decide(of);
    // What the figures say stands below it, word for word.
    expect(decision.reasons).toEqual([...(first ? [first] : []), ...alone.reasons]);
    expect(decision.findings).toEqual(alone.findings);
  });

  it('asks nobody about the champion itself', () => {
    const same = { same: true, candidate: 0.699, interval: [0, 0] as const };
    expect(decide(same, { approval }).outcome).toBe('passed');
  });

  it.each([
    [{}, /who may approve/],
    [{ by: ['anna'], quorum: 2 }, /2 of 1 people can never approve/],
    [{ by: ['anna'], escalateAfter: '2d' }, /who is asked after 2d, too/],
    [{ by: ['anna'], escalateTo: ['carl'] }, /after how long/],
    [{ by: ['anna'], timeout: '1d', escalateAfter: '2d', escalateTo: ['carl'] }, /nobody would be asked in time/],
    [{ by: ['anna'], when: 'never' }, /when/],
  ])('refuses rules that can never be kept: %j', (rule, message) => {
    const parsed = GateRules.safeParse({ metric: 'roc_auc', minimumEffect: 0, approval: rule });
    expect(JSON.stringify(parsed.error?.issues)).toMatch(message);
  });
});

describe('a preset with such a rule', () => {
  const compiled = (rules: object) =>
    continuousTraining({
      ...{ name: 'bikes', data: 'd.csv', target: 'y', trainer: python('train.py') },
      rules: { metric: 'roc_auc', minimumEffect: 0, ...rules },
    }).compile({}, { champion: null, asOf: '2026-03-01T00:00:00.000Z' });
  const flat = (nodes: readonly PlanNode[]): PlanNode[] =>
    nodes.flatMap((node) => [node, ...(node.blocks ?? []).flatMap((block) => flat(block.nodes))]);

  it('asks about the verdict, and registers with the answer', () => {
    const rule = { ...approval, roles: ['model-owner'], escalateAfter: '1d', escalateTo: ['carl'] };
    const nodes = flat(compiled({ approval: rule }).nodes);
    expect(nodes.find(({ kind }) => kind === 'approval')?.input).toMatchObject({
      ...{ by: ['anna', 'ben'], roles: ['model-owner'], quorum: 2, timeout: '7d', onTimeout: 'reject' },
      ...{ escalateAfter: '1d', escalateTo: ['carl'] },
      evidence: { $ref: ['gate', 'record'] },
    });
    expect(nodes.find(({ step }) => step === 'register')?.input).toHaveProperty('approval');
  });
  it('asks nobody without one', () => {
    expect(flat(compiled({}).nodes).some(({ kind }) => kind === 'approval')).toBe(false);
  });
});

describe('roles', () => {
  const asking = (input: object): PlanNode[] => [
    {
      ...{ id: 'maybe', kind: 'when', input: true },
      blocks: [{ nodes: [{ id: 'ok', kind: 'approval', at: 'pipeline.ts:7', input: input as never }] }],
    },
  ];
  const people = (input: object, roles: Record<string, string[]>) =>
    (withPeople(asking(input), roles)[0]?.blocks?.[0]?.nodes[0]?.input as { by: string[] } | undefined)?.by;

  it('are the people who have them, beside those who are named', () => {
    const roles = { 'model-owner': ['ben', 'carl'], risk: ['dora'] };
    expect(people({ by: ['anna', 'ben'], roles: ['model-owner'] }, roles)).toEqual(['anna', 'ben', 'carl']);
    expect(people({ roles: ['model-owner', 'risk'], quorum: 3 }, roles)).toEqual(['ben', 'carl', 'dora']);
    expect(people({ by: ['anna'] }, roles)).toEqual(['anna']);
  });
  it('that nobody has, and a quorum that they cannot reach, are told when the plan is made', () => {
    expect(() => people({ roles: ['toString'] }, { risk: ['dora'] })).toThrow(
      /^pipeline\.ts:7: the approval ok asks whoever is toString, and roles\.json names nobody for it \(roles there: risk\)/,
    );
    expect(() => people({ roles: ['risk'], quorum: 2 }, { risk: ['dora'] })).toThrow(
      /asks for 2 approvals, and only dora may give one/,
    );
  });
});

describe('the desk', () => {
  const asked = { title: 'Ship?', by: ['anna'], roles: [], quorum: 2, evidence: 'e1' };
  const word = (by: string, evidence = 'e1') => ({ node: 'ok', approved: true, by, note: '', evidence });

  it('lets others answer once it has escalated, keeps what was given, and tells who was asked', () => {
    const desk = new ApprovalDesk();
    desk.open('ok', asked);
    desk.give(word('anna'));
    expect(() => desk.validate(word('carl'))).toThrow(/carl may not approve ok; these may: anna/);
    desk.escalate('ok', ['carl']);
    expect(desk.listOpen()).toMatchObject([
      { by: ['anna', 'carl'], given: ['anna'], escalated: { to: ['carl'], at: expect.any(String) } },
    ]);
    desk.validate(word('carl'));
    desk.give(word('carl'));
    expect(desk.decision('ok')).toEqual({ approved: true, by: 'anna, carl', note: '', evidence: 'e1' });
    expect(desk.escalations()).toMatchObject([{ node: 'ok', to: ['carl'] }]);
  });

  it('forgets what was given for other evidence, and refuses a word for it', () => {
    const desk = new ApprovalDesk();
    desk.open('ok', asked);
    desk.give(word('anna'));
    desk.close('ok');
    desk.open('ok', { ...asked, evidence: 'e2' });
    expect(desk.given('ok')).toEqual([]);
    expect(() => desk.validate(word('anna'))).toThrow(
      /is for evidence e2, not e1: it changed since you looked; read it again and approve what it is now/,
    );
    // Who said it, when and of what is kept.
    expect(desk.log()).toMatchObject([{ by: 'anna', evidence: 'e1', at: expect.any(String) }]);
  });
});

describe('register', () => {
  const verdict: Verdict = {
    ...{ kind: 'verdict', outcome: 'needs-approval', reasons: [], against: '3', distance: {}, comparison: null },
    ...{ evidence: { uri: 's3://b/e.json', digest: 'sha256:e', html: null }, digest: 'sha256:v' },
  };
  const bound = sha256(canonicalJson(verdict));
  const registered = async (answer: object | undefined) => {
    const asks: unknown[] = [];
    const deps = {
      promotion: {
        register: async (_: unknown, request: unknown) => {
          asks.push(request);
          return { version: { version: '4' }, already: false };
        },
      },
    } as never;
    const context = {
      ...{ run: { id: 'r', pipeline: 'p', model: 'm', environment: 'dev', asOf: 'now', trigger: {} } },
      ...{ signal: new AbortController().signal, progress: () => undefined },
    } as never;
    await createRegister(deps)(
      { candidate: { digest: 'd' }, verdict, approval: answer, description: '', tags: {} } as never,
      context,
    );
    return asks;
  };

  it('takes a verdict that needs approval only with one of this very verdict, and tags who gave it', async () => {
    const [asked] = await registered({ approved: true, by: 'anna, ben', note: '', evidence: bound });
    expect(asked).toMatchObject({ tags: { 'ratchet.approved.by': 'anna, ben' } });
  });
  it.each([
    [undefined, /register was given none/],
    [{ approved: false, by: 'ben', note: '', evidence: bound }, /ben did not approve/],
    [{ approved: true, by: 'ben', note: '', evidence: sha256('another') }, /what was approved is not this verdict/],
    [{ approved: true, by: 'ben', note: '' }, /what was approved is not this verdict/],
  ])('refuses %j', async (answer, message) => {
    await expect(registered(answer)).rejects.toThrow(message);
  });
});

describe('what came of it', () => {
  const gate = { step: 'gate', output: { record: { outcome: 'needs-approval', reasons: ['kept'] } } };
  it('is a refusal by whom, or that nobody approved', () => {
    const refused = { step: 'approval', output: { approved: false, by: 'ben', note: 'not on a Friday' } };
    expect(storyOf([gate, refused])).toMatchObject({
      ...{ status: 'refused', verdict: 'needs-approval' },
      reasons: ['not approved: refused by ben (not on a Friday)', 'kept'],
    });
    expect(storyOf([gate])).toMatchObject({
      reasons: ['not promoted: the approval that it needs is not given', 'kept'],
    });
  });
  it('is the promotion where they did', () => {
    const approved = { step: 'approval', output: { approved: true, by: 'ben', note: '' } };
    const promote = { step: 'promote', output: { outcome: 'promoted', champion: '4' } };
    expect(storyOf([gate, approved, promote])).toMatchObject({
      status: 'promoted',
      modelVersion: '4',
      reasons: ['kept'],
    });
  });
});
