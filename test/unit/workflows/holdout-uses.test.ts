/** Which rows verdicts used: a use is one however often it is claimed, and never held against itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClaimRequest } from '#contracts/holdout-use.ts';
import { jsonBytes } from '#contracts/json.ts';
import { claim, type HoldoutUse, settle } from '#workflows/model/holdout-uses.ts';

const asking = (key: string, from: number, to: number, more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  ...{ key, run: `run of ${key}`, looks: 1, holdout: { digest: `md5:${key}`, from, to } },
  ...more,
});
/** All of them, one after the other; what the last one was told. */
const claiming = (requests: readonly ClaimRequest[], uses: readonly HoldoutUse[] = []) => {
  let answer = { earlier: [] as unknown[], look: 0 };
  let now = [...uses];
  for (const request of requests) ({ uses: now, answer } = claim(now, request));
  return { uses: now, answer };
};

describe('a claim', () => {
  it('is told of earlier uses of its time, and of no others', () => {
    const { answer } = claiming([asking('a', 0, 10), asking('b', 10, 20), asking('c', 40, 50), asking('d', 5, 15)]);
    expect(answer).toEqual({
      earlier: [
        { from: 0, to: 10, state: 'used' },
        { from: 10, to: 20, state: 'used' },
      ],
      look: 1,
    });
  });

  it('is of the dataset where no times are known', () => {
    const untimed = (key: string, digest: string) => asking(key, 0, 0, { holdout: { digest, from: null, to: null } });
    expect(claiming([untimed('a', 'md5:x'), untimed('b', 'md5:y')]).answer.earlier).toEqual([]);
    expect(claiming([untimed('a', 'md5:x'), untimed('b', 'md5:x')]).answer.earlier).toHaveLength(1);
  });

  it('of two runs at once is held against the second alone, also when either asks again', () => {
    const [first, second] = [asking('a', 0, 10), asking('b', 0, 10)];
    const { uses, answer } = claiming([first, second]);
    expect(answer.earlier).toHaveLength(1);
    expect(claiming([first], uses).answer.earlier).toEqual([]);
    expect(claiming([second], uses).answer).toEqual(answer);
    expect(claiming([first, second, first], uses).uses).toEqual(uses);
  });

  it('is never held against the run that made it, whatever else that run judges', () => {
    const same = { run: 'one' };
    expect(claiming([asking('a', 0, 10, same), asking('b', 0, 10, same)]).answer.earlier).toEqual([]);
  });

  it('keeps its answer under any repeats, in any order', () => {
    const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const spans = new Map([...'abcde'].map((key, at) => [key, asking(key, at * 5, at * 5 + 12)]));
    fc.assert(
      fc.property(fc.array(keys, { minLength: 1, maxLength: 30 }), (order) => {
        const told = new Map<string, string>();
        let uses: HoldoutUse[] = [];
        for (const key of order) {
          const claimed = claim(uses, spans.get(key) as ClaimRequest);
          uses = claimed.uses;
          const answer = JSON.stringify(claimed.answer);
          expect(told.get(key) ?? answer).toBe(answer);
          told.set(key, answer);
        }
        expect(uses.map(({ key }) => key)).toEqual([...new Set(order)]);
      }),
    );
  });

  it('is forgotten after a hundred others, and all of them fit beside the ledger', () => {
    const many = Array.from({ length: 130 }, (_, at) =>
      asking(`${at}`.padStart(20, '0'), 1.3e12 + at, 1.4e12, { run: 'f'.repeat(20) }),
    );
    const { uses } = claiming(many);
    expect(uses).toHaveLength(100);
    expect(uses[0]?.key).toMatch(/30$/);
    expect(jsonBytes(uses)).toBeLessThan(18 * 1024);
  });
});

describe('what came of it', () => {
  const open = (key: string, from: number, to: number, looks = 3) => asking(key, from, to, { looks });
  it('opens the rows of an inconclusive verdict to so many looks as the next one counts', () => {
    let { uses } = claiming([open('a', 0, 10)]);
    uses = settle(uses, { key: 'a', outcome: 'open' });
    expect(claiming([open('b', 0, 20)], uses).answer).toEqual({
      earlier: [{ from: 0, to: 10, state: 'open' }],
      look: 2,
    });
    // Without looks it used its rows up.
    expect(claiming([asking('b', 0, 20)], uses).answer).toEqual({
      earlier: [{ from: 0, to: 10, state: 'used' }],
      look: 1,
    });
    uses = settle(claiming([open('b', 0, 20)], uses).uses, { key: 'b', outcome: 'open' });
    const third = claiming([open('c', 15, 30)], uses);
    expect(third.answer.look).toBe(3);
    uses = settle(third.uses, { key: 'c', outcome: 'open' });
    // The budget is spent: what the third look saw is used, what only earlier ones saw is not.
    expect(claiming([open('d', 0, 40)], uses).answer).toEqual({
      earlier: [
        { from: 0, to: 10, state: 'open' },
        { from: 0, to: 20, state: 'open' },
        { from: 15, to: 30, state: 'used' },
      ],
      look: 3,
    });
  });

  it('gives back what could have decided nothing, and says the same twice', () => {
    const { uses } = claiming([asking('a', 0, 10)]);
    const back = settle(uses, { key: 'a', outcome: 'released' });
    expect(back).toEqual([]);
    expect(settle(back, { key: 'a', outcome: 'open' })).toEqual([]);
    const once = settle(uses, { key: 'a', outcome: 'open' });
    expect(settle(once, { key: 'a', outcome: 'open' })).toEqual(once);
  });

  it('is used until it is said, and again when the same is judged again', () => {
    const open = settle(claiming([asking('a', 0, 10)]).uses, { key: 'a', outcome: 'open' });
    expect(claiming([asking('a', 0, 10)], open).uses[0]?.state).toBe('used');
  });
});
