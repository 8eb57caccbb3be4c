import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ledger, StagedVersion } from '#contracts/messages.ts';
import { arrivedLate, sentUnseen } from '#workflows/model/late-writes.ts';
import { decideMove, decideRollback, firstState } from '#workflows/model/ledger.ts';
import { archived, foundApart, stageOf, told, waits } from '#workflows/model/stages.ts';

const at = '2026-01-01T00:00:00.000Z';
const cause = { by: 'test', at, reason: 'because' };
const empty = firstState('m', { champion: null, previous: null });
const stagesOf = ({ stages = [] }: Ledger) => Object.fromEntries(stages.map(({ version, stage }) => [version, stage]));
const moveTo = (ledger: Ledger, to: string, key = `${ledger.epoch}`): Ledger => {
  const request = { by: 'test', reason: 'because', to };
  const decision = decideRollback({ ...empty, ledger }, key, request, at);
  return decision.kind === 'move' ? decision.next.ledger : ledger;
};

describe('the stages of a ledger', () => {
  test('whatever happens in whatever order: the champion alone is in Production, one version at most waits, none is told twice', () => {
    const version = fc.integer({ min: 1, max: 40 }).map(String);
    const event = fc.record({ what: fc.constantFrom('register', 'move', 'archive'), version });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        let ledger = empty.ledger;
        for (const { what, version } of events) {
          if (what === 'register') ledger = waits(ledger, version, cause);
          else if (what === 'move') ledger = moveTo(ledger, version);
          else if (version !== ledger.champion)
            ledger = archived(ledger, { version, by: 'ann', reason: 'no' }, at) ?? ledger;
          const { stages = [] } = ledger;
          const of = (wanted: StagedVersion['stage']) => stages.filter(({ stage }) => stage === wanted);
          expect(of('Production').map((each) => each.version)).toEqual(ledger.champion ? [ledger.champion] : []);
          expect(of('Staging').length).toBeLessThanOrEqual(1);
          expect(new Set(stages.map((each) => each.version)).size).toBe(stages.length);
          expect(stages.length).toBeLessThanOrEqual(22);
        }
      }),
    );
  });

  test('what waits is the newest; what was put away, was champion or came before does not wait again', () => {
    let ledger = waits(waits(empty.ledger, '1', cause), '2', cause);
    expect(stagesOf(ledger)).toEqual({ 1: 'Archived', 2: 'Staging' });
    expect(waits(ledger, '1', cause)).toBe(ledger);
    ledger = moveTo(moveTo(ledger, '2'), '1');
    expect(stagesOf(ledger)).toEqual({ 1: 'Production', 2: 'Archived' });
    for (const version of ['1', '2']) expect(waits(ledger, version, cause)).toBe(ledger);
  });

  test('a run does not make a version champion that a person put away; a person does', () => {
    const ledger = archived(moveTo(empty.ledger, '1'), { version: '2', by: 'ann', reason: 'it leaks' }, at);
    const state = { ...empty, ledger: ledger as Ledger };
    const to = {
      ...{ kind: 'version' as const, model: 'm', version: '2', digest: 'd2', runId: 'r', uri: 'u' },
      verdict: { digest: 'v', against: '1' },
    };
    const found = { champion: { version: '1', digest: 'd1', runId: 'r', uri: 'u' }, previous: null };
    const asked = (expect: string | null, was: typeof state) =>
      decideMove(was, { key: 'k', to, expect, by: 'run/p/1' }, found, at);
    expect(asked('1', state)).toMatchObject({ kind: 'answer', answer: { outcome: 'taken-back', champion: '1' } });
    const without = { ...state, ledger: { ...state.ledger, champion: null } };
    expect(asked(null, without)).toMatchObject({ kind: 'refuse', type: 'InvalidInput' });
    expect(stageOf(moveTo(state.ledger, '2'), '2')).toEqual({ ...cause, version: '2', stage: 'Production' });
  });
});

describe('what a hand set', () => {
  test('is a find of its own each time, and is over when it was put back or is not there any more', () => {
    const first = foundApart(empty.ledger, ['a'], at);
    expect(first.byHand).toEqual({ number: 1, at, found: ['a'], open: true });
    expect(foundApart(first, ['a'], at)).toBe(first);
    expect(foundApart(first, ['a', 'b'], at).byHand?.number).toBe(2);
    for (const over of [foundApart(first, [], at), told(first, { kept: 'stages' })]) {
      expect(over.byHand).toMatchObject({ number: 1, open: false });
      expect(foundApart(over, ['a'], at).byHand).toMatchObject({ number: 2, open: true });
    }
    // Nobody looked.
    expect(foundApart(first, undefined, at)).toBe(first);
  });

  test('is no find while a write of ours may still arrive', () => {
    const found = { champion: null, previous: null, apart: ['a'] };
    expect(arrivedLate(empty, found, at)).toBe(false);
    expect(arrivedLate(sentUnseen(empty, empty.ledger, at), found, at)).toBe(true);
  });

  test('is not looked for where MLflow was told by a worker that knows of no stages', () => {
    expect(told({ ...empty.ledger, inStep: 'stages' }, undefined).inStep).toBeUndefined();
  });
});
