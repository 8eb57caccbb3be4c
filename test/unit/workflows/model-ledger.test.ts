import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { VersionRef } from '#contracts/data.ts';
import {
  adopt,
  decideMove,
  decideRollback,
  firstState,
  type RegistryState,
  registeredAs,
  remember,
} from '#workflows/model/ledger.ts';
import type { ModelState } from '#workflows/model/requests.ts';

const at = '2026-01-01T00:00:00.000Z';
const version = (number: string): VersionRef => ({
  kind: 'version',
  model: 'm',
  version: number,
  digest: `sha256:${number}`,
  runId: `r${number}`,
  uri: `models:/m/${number}`,
  verdict: { digest: 'v', against: null },
});
/** MLflow in agreement with the ledger. */
const agreeing = ({ ledger }: ModelState): RegistryState => ({
  champion:
    ledger.champion === null
      ? null
      : { version: ledger.champion, digest: `sha256:${ledger.champion}`, runId: 'r', uri: 'u' },
  previous: ledger.previous,
});
const move = (state: ModelState, key: string, to: string, expect: string | null, by = 'test') =>
  decideMove(state, { key, to: version(to), expect, by }, agreeing(state), at);
const none: RegistryState = { champion: null, previous: null };

describe('the ledger', () => {
  test('the first champion, then a better one; previous is the one before', () => {
    const one = move(firstState('m', none), 'a', '1', null);
    if (one.kind !== 'move') expect.fail(one.kind);
    const two = move(one.next, 'b', '2', '1');
    expect(two).toMatchObject({
      kind: 'move',
      answer: { outcome: 'promoted', champion: '2', previous: '1', epoch: 2 },
      next: {
        ledger: {
          champion: '2',
          previous: '1',
          epoch: 2,
          moves: [
            { from: null, to: '1' },
            { from: '1', to: '2' },
          ],
        },
      },
    });
  });

  test('a candidate judged against another champion is refused with the one there is', () => {
    const state = firstState('m', {
      ...agreeing(firstState('m', none)),
      champion: { version: '7', digest: 'd', runId: 'r', uri: 'u' },
    });
    expect(move(state, 'a', '8', '6')).toMatchObject({
      kind: 'refuse',
      champion: '7',
      message: expect.stringContaining('judged against version 6'),
    });
    expect(move(state, 'a', '8', null)).toMatchObject({ kind: 'refuse', champion: '7' });
  });

  test('the champion again, by version or by digest, is already champion', () => {
    const state = firstState('m', {
      champion: { version: '7', digest: 'sha256:8', runId: 'r', uri: 'u' },
      previous: '6',
    });
    expect(move(state, 'a', '7', '3')).toMatchObject({
      kind: 'answer',
      answer: { outcome: 'already-champion', champion: '7', epoch: 0 },
    });
    const found: RegistryState = {
      champion: { version: '7', digest: 'sha256:8', runId: 'r', uri: 'u' },
      previous: '6',
    };
    expect(decideMove(state, { key: 'b', to: version('8'), expect: '3', by: 'x' }, found, at)).toMatchObject({
      kind: 'answer',
      answer: { champion: '7' },
    });
  });

  test('a move by hand in MLflow becomes a move of the ledger, told with who', () => {
    const one = move(firstState('m', none), 'a', '1', null);
    if (one.kind !== 'move') expect.fail(one.kind);
    const found: RegistryState = { champion: { version: '9', digest: 'd', runId: 'r', uri: 'u' }, previous: null };
    const adopted = adopt(one.next, found, at);
    expect(adopted.ledger).toMatchObject({ champion: '9', previous: '1', epoch: 2 });
    expect(decideMove(adopted, { key: 'b', to: version('2'), expect: '1', by: 'x' }, found, at)).toMatchObject({
      kind: 'refuse',
      message: expect.stringMatching(/the champion is version 9 \(moved by somebody outside of Ratchet: .*by hand\)/),
    });
    expect(adopt(one.next, agreeing(one.next), at)).toBe(one.next);
  });

  test('a rollback of one version leaves another one alone that took its place; asked again, it is told what was done', () => {
    const state = firstState('m', { champion: { version: '2', digest: 'd', runId: 'r', uri: 'u' }, previous: '1' });
    const request = { by: 'the loop', reason: 'worse', to: '1', expect: '2' };
    const back = decideRollback(state, 'k', request, at);
    if (back.kind !== 'move') expect.fail(back.kind);
    expect(decideRollback(back.next, 'k', request, at)).toMatchObject({ kind: 'answer', answer: { champion: '1' } });
    const three = move(state, 'c', '3', '2');
    if (three.kind !== 'move') expect.fail(three.kind);
    expect(decideRollback(three.next, 'k', request, at)).toMatchObject({ kind: 'refuse', champion: '3' });
  });

  test('rollback goes to the previous one, or to the one named; without either it says so', () => {
    expect(decideRollback(firstState('m', none), 'k', { by: 'x', reason: 'r' }, at)).toMatchObject({
      kind: 'refuse',
      message: expect.stringContaining('no previous champion'),
    });
    const state = firstState('m', { champion: { version: '2', digest: 'd', runId: 'r', uri: 'u' }, previous: '1' });
    expect(decideRollback(state, 'k', { by: 'x', reason: 'r' }, at)).toMatchObject({
      kind: 'move',
      answer: { champion: '1', previous: '2' },
    });
    expect(decideRollback(state, 'k', { by: 'x', reason: 'r', to: '5' }, at)).toMatchObject({
      kind: 'move',
      answer: { champion: '5', previous: '2' },
    });
  });

  test('what a rollback took back is not promoted again by the same verdict, and never said to be champion', () => {
    const moved = (decision: ReturnType<typeof decideMove>) =>
      decision.kind === 'move' ? decision.next : expect.fail(decision.kind);
    const promoted = moved(move(moved(move(firstState('m', none), 'a', '1', null)), 'b', '2', '1', 'run 1'));
    expect(move(promoted, 'b', '2', '1', 'run 2')).toMatchObject({ answer: { outcome: 'promoted', champion: '2' } });
    const back = moved(decideRollback(promoted, 'k', { by: 'anna', reason: 'it smells' }, at));
    expect(move(back, 'b', '2', '1', 'run 2')).toMatchObject({
      kind: 'answer',
      answer: {
        outcome: 'taken-back',
        champion: '1',
        reason: expect.stringMatching(/version 2 of m .* taken back to version 1 by anna \(it smells\).*--to 2/),
      },
    });
    // The run that did it is told what it did, whenever its question arrives again.
    expect(move(back, 'b', '2', '1', 'run 1')).toMatchObject({ answer: { outcome: 'promoted', champion: '2' } });
    expect(move(back, 'c', '2', '1', 'run 3').kind).toBe('move');
    const third = moved(move(back, 'd', '3', '1'));
    expect(move(third, 'b', '2', '1', 'run 2')).toMatchObject({ kind: 'refuse', champion: '3' });
  });

  test('a key keeps its version; the champion itself is not registered twice', () => {
    const request = {
      key: 'k',
      candidate: {
        kind: 'model' as const,
        runId: 'r',
        uri: 'u',
        digest: 'sha256:2',
        environment: null,
        trainedOn: null,
      },
      verdict: { digest: 'v', against: '2', outcome: 'passed', reasons: [], report: null },
      description: '',
      tags: {},
    };
    const state = remember(firstState('m', none), 'k', version('3'));
    expect(registeredAs(state, request, none)?.version).toBe('3');
    expect(registeredAs(state, { ...request, key: 'other' }, none)).toBeUndefined();
    const found: RegistryState = {
      champion: { version: '2', digest: 'sha256:2', runId: 'r2', uri: 'u2' },
      previous: null,
    };
    expect(registeredAs(state, { ...request, key: 'other' }, found)).toMatchObject({
      version: '2',
      runId: 'r2',
      verdict: { digest: 'v', against: '2' },
    });
  });
});

test('whatever is asked in whatever order: one champion, epoch counts moves, no key moves twice, previous is the one before', () => {
  const asked = fc.oneof(
    fc.record({
      kind: fc.constant('move' as const),
      key: fc.nat(5),
      to: fc.nat(6),
      expect: fc.option(fc.nat(6)),
      by: fc.constantFrom('x', 'y'),
    }),
    fc.record({ kind: fc.constant('rollback' as const), key: fc.nat(5), to: fc.option(fc.nat(6)) }),
    fc.record({ kind: fc.constant('outside' as const), to: fc.option(fc.nat(6)) }),
  );
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 60 }), (requests) => {
      let state = firstState('m', none);
      let moves = 0;
      const movers = new Map<string, number>();
      for (const request of requests) {
        const before = state.ledger;
        if (request.kind === 'outside') {
          const champion = request.to === null ? null : { version: `${request.to}`, digest: 'x', runId: 'r', uri: 'u' };
          state = adopt(state, { champion, previous: null }, at);
        } else {
          const key = `${request.kind}${request.key}`;
          const decision =
            request.kind === 'move'
              ? move(state, key, `${request.to}`, request.expect === null ? null : `${request.expect}`, request.by)
              : decideRollback(
                  state,
                  key,
                  { by: 'x', reason: 'r', ...(request.to === null ? {} : { to: `${request.to}` }) },
                  at,
                );
          if (decision.kind === 'move') {
            state = decision.next;
            // Where the alias was taken away by hand, the first champion may be the same again.
            if (before.champion !== null) movers.set(key, (movers.get(key) ?? 0) + 1);
            expect(decision.answer).toEqual({
              outcome: 'promoted',
              champion: state.ledger.champion,
              previous: before.champion,
              epoch: state.ledger.epoch,
            });
          }
          if (decision.kind === 'refuse') expect(decision.champion).toBe(before.champion);
        }
        if (state.ledger.champion !== before.champion) {
          moves++;
          expect(state.ledger.previous).toBe(before.champion);
        } else expect(state.ledger).toEqual(before);
        expect(state.ledger.epoch).toBe(moves);
        expect(state.ledger.moves.length).toBeLessThanOrEqual(50);
      }
      expect([...movers.values()].every((times) => times === 1)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
