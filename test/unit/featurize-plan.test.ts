import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leakyColumns } from '#activities/features/leakage.ts';
import { emptyPart, windowsOf } from '#activities/features/windows.ts';

const DAY = 86_400_000;

test('windows lie end to end before asOf, with the gap between', () => {
  expect(windowsOf({ by: 'time', asOf: '2026-03-01', train: '10d', gap: '2d', holdout: '5d' })).toEqual({
    by: 'time',
    train: { from: Date.UTC(2026, 1, 12), to: Date.UTC(2026, 1, 22) },
    holdout: { from: Date.UTC(2026, 1, 24), to: Date.UTC(2026, 2, 1) },
  });
  expect(() => windowsOf({ by: 'time', asOf: '2026-03-01', train: '0d', holdout: '5d' })).toThrow(
    'longer than nothing',
  );
});

test('no time is in both windows', () => {
  const days = fc.integer({ min: 1, max: 400 });
  fc.assert(
    fc.property(days, days, fc.integer({ min: 0, max: 50 }), (train, holdout, gap) => {
      const split = windowsOf({
        by: 'time',
        asOf: '2026-03-01',
        train: `${train}d`,
        holdout: `${holdout}d`,
        gap: `${gap}d`,
      });
      if (split.by !== 'time') return false;
      return (
        split.holdout.from - split.train.to === gap * DAY &&
        split.train.to - split.train.from === train * DAY &&
        split.holdout.to - split.holdout.from === holdout * DAY
      );
    }),
  );
});

test('the asOf that an empty part suggests fills both parts', () => {
  const days = fc.integer({ min: 1, max: 30 });
  fc.assert(
    fc.property(
      days,
      days,
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 1, max: 90 }),
      (train, holdout, gap, length) => {
        const split = {
          by: 'time',
          asOf: '2020-01-01',
          train: `${train}d`,
          holdout: `${holdout}d`,
          gap: `${gap}d`,
        } as const;
        const range = { first: Date.UTC(2026, 0, 1), last: Date.UTC(2026, 0, 1) + length * DAY };
        const { message } = emptyPart('train', split, windowsOf(split), range, null);
        const found = /an asOf after (\S+) and until (\S+) would/.exec(message);
        if (!found) return /too short/.test(message) && length <= gap;
        const asOf = Date.parse(found[2] ?? '');
        const windows = windowsOf({ ...split, asOf: new Date(asOf).toISOString() });
        // Rows at every hour from first to last.
        const has = (from: number, to: number) => Math.max(from, range.first) < Math.min(to, range.last + 1);
        return (
          windows.by === 'time' &&
          asOf > Date.parse(found[1] ?? '') &&
          has(windows.train.from, windows.train.to) &&
          has(windows.holdout.from, windows.holdout.to)
        );
      },
    ),
  );
});

test('what is computed from a leak is a leak, however far', () => {
  const chain = Array.from({ length: 5 }, (_, i) => ({ column: `c${i + 1}`, reads: [`C${i}`, 'harmless'] }));
  const leaky = leakyColumns(['c0'], 'c2', chain);
  expect([...leaky.keys()]).toEqual(['c0', 'c1', 'c3', 'c4', 'c5']);
  expect(leaky.get('c3')).toBe('it is computed from the target C2');
});
