/** Windows in tiles: exact sums, closed tiles, what is let go, how many different, and what is refused. */
import fc from 'fast-check';
import { approxDistinct, count, entity, featureView, last, mean, std, sum } from 'ratchet-ml';
import { describe, expect, test } from 'vitest';
import { canonical, exact, plus, rootOfShare, rounded, times, zero } from '#features/tiles/exact-sum.ts';
import { type TilePlan, tilePlan, tileWidth } from '#features/tiles/plan.ts';
import { wantedParts, windowValues } from '#features/tiles/read.ts';
import { readSummary } from '#features/tiles/summary.ts';
import { entityKey } from '#ports/online-key.ts';
import { type WindowEvent, windowChanges } from '#ports/window-events.ts';

const HOUR = 3_600_000_000;
const NOW = Date.UTC(2026, 5, 1) * 1_000;
const key = entityKey([['key', 1n]]);

const plan = (features: Parameters<typeof featureView>[0]['features'], most?: number): TilePlan => {
  const thing = entity({ name: 'thing', joinKeys: { key: 'int64' } });
  const columns = { x: 'float64', n: 'int64', word: 'string' } as const;
  const view = featureView({ name: 'v', source: 'x.csv', entities: [thing], timestamp: 'at', columns, features });
  const made = tilePlan(view, most);
  if (!made) throw new Error('it has windows');
  return made;
};

/** A store of one entity. */
function store(of: TilePlan) {
  const kept = new Map<string, Uint8Array>();
  const parts = (names: readonly string[]) => names.map((name) => kept.get(name) ?? null);
  return {
    kept,
    tell(events: readonly WindowEvent[], now = NOW) {
      for (const change of windowChanges(of, events, BigInt(now)))
        for (const [name, bytes] of change.change(parts(change.parts)))
          if (bytes) kept.set(name, bytes);
          else kept.delete(name);
    },
    get(name: string, now = NOW) {
      return windowValues(of, [name], parts(wantedParts(of, [name], now)), now).values.get(name);
    },
  };
}
const event = (ago: number, ...values: WindowEvent['values']): WindowEvent => ({
  ...{ key, time: BigInt(NOW - ago), created: null, values },
});

describe('an exact sum', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  const total = (numbers: readonly number[]) => numbers.map(exact).reduce(plus, zero);

  test('gives back every double, and no order of the same numbers changes it', () => {
    fc.assert(
      fc.property(number, (x) => {
        expect(rounded(exact(x)) + 0).toBe(x + 0);
      }),
    );
    fc.assert(
      fc.property(fc.array(number, { maxLength: 20 }), (numbers) => {
        const sums = [numbers, numbers.toReversed(), numbers.toSorted()].map((each) => canonical(total(each)));
        expect(sums[1]).toEqual(sums[0]);
        expect(sums[2]).toEqual(sums[0]);
      }),
    );
  });
  test('is rounded once, to even, and is infinite only beyond all doubles', () => {
    expect(rounded(total([1e308, 1e308, -1e308]))).toBe(1e308);
    expect(rounded(total([1e308, 1e308]))).toBe(Number.POSITIVE_INFINITY);
    expect(rounded(total([1, 1e100, 1, -1e100]))).toBe(2);
    expect(rounded(total([2 ** 53, 1]))).toBe(2 ** 53);
    expect(rounded(total([2 ** 53, 1, 2 ** -1_074]))).toBe(2 ** 53 + 2);
    expect(rounded(total([2 ** 53 + 2, 1]))).toBe(2 ** 53 + 4);
    expect(rounded(times(exact(2 ** -537), exact(2 ** -537)))).toBe(2 ** -1_074);
    expect(rounded(times(exact(-(2 ** -600)), exact(2 ** -600)))).toBe(-0);
    expect(rootOfShare(times(exact(1e300), exact(1e300)), 4)).toBeCloseTo(5e299, -285);
  });
});

test('a tile is the least length of which 64 make the longest window', () => {
  expect([1, 60, 3_600, 86_400, 7 * 86_400, 3_660 * 86_400].map((s) => tileWidth(s * 1e6) / 1e6)).toEqual([
    ...[1, 1, 60, 1_800, 10_800, 5_184_000],
  ]);
});

test('both edges are exact to the microsecond, wherever the tiles begin', () => {
  const windows = store(plan({ c: count('1h'), d: count('7d') }));
  windows.tell([event(HOUR), event(HOUR - 1), event(0), event(-1), event(168 * HOUR), event(168 * HOUR - 1)]);
  expect(windows.get('c')).toBe(2n);
  expect(windows.get('d')).toBe(4n);
  expect(windows.get('c', NOW + 1)).toBe(2n);
  expect(windows.get('c', NOW - 1)).toBe(2n);
});

test('a tile with too many events is closed: it counts whole, takes newer events, and a retry of none of them changes it', () => {
  const windows = store(plan({ m: mean('x', '64h'), c: count('64h') }, 10));
  const many = Array.from({ length: 11 }, (_, i) => event(HOUR / 2 + i, i));
  windows.tell(many);
  expect(windows.get('c')).toBe(11n);
  expect([...windows.kept.keys()].filter((name) => name.includes('/'))).toEqual([]);
  const before = [...windows.kept.values()];
  windows.tell(many);
  windows.tell([event(HOUR / 2 + 5, 99)]);
  expect([...windows.kept.values()]).toEqual(before);
  windows.tell([event(HOUR / 2 - 1, 11)]);
  windows.tell([event(HOUR / 2 - 1, 11)]);
  expect(windows.get('c')).toBe(12n);
  expect(windows.get('m')).toBe(5.5);
  // Its edge is inside of it: all of it is in, until none is.
  expect(windows.get('c', NOW + 63.5 * HOUR - 5)).toBe(12n);
  expect(windows.get('c', NOW + 64 * HOUR)).toBe(0n);
});

test('what no window will see again is let go by the next write, and not taken', () => {
  const windows = store(plan({ c: count('1h') }));
  windows.tell([event(0), event(HOUR / 2), event(50 * HOUR)]);
  expect(windows.kept.size).toBe(3);
  windows.tell([event(-10 * HOUR)], NOW + 10 * HOUR);
  expect(windows.kept.size).toBe(2);
  expect(windows.get('c', NOW + 10 * HOUR)).toBe(1n);
});

test('different values are counted one by one, and beyond 128 of a tile within some 3 %', () => {
  const windows = store(plan({ d: approxDistinct('word', '64h') }, 5_000));
  const words = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => event(i, `w${from + i}`));
  windows.tell([...words(0, 128), ...words(0, 10), event(1, null)]);
  expect(windows.get('d')).toBe(128n);
  windows.tell(words(0, 3_000));
  expect(Math.abs(Number(windows.get('d')) - 3_000)).toBeLessThan(300);
});

test('a sum of int64 past 64 bits is refused with it, and one that comes back is exact', () => {
  const windows = store(plan({ s: sum('n', '1h'), l: last('n', '1h') }));
  const most = 2n ** 63n - 1n;
  windows.tell([event(3, most), event(2, most)]);
  expect(() => windows.get('s')).toThrow(/v:s.*18446744073709551614, past 64 bits/);
  windows.tell([event(1, -most)]);
  expect(windows.get('s')).toBe(most);
  expect(windows.get('l')).toBe(-most);
});

test('infinite values, NaN and none at all', () => {
  const windows = store(plan({ s: sum('x', '1h'), d: std('x', '1h'), l: last('x', '1h'), c: count('1h') }));
  expect([windows.get('s'), windows.get('d'), windows.get('c')]).toEqual([null, null, 0n]);
  windows.tell([event(2, 1), event(1, Number.NaN)]);
  expect([windows.get('s'), windows.get('d'), windows.get('l'), windows.get('c')]).toEqual([1, null, null, 2n]);
  windows.tell([event(3, Number.POSITIVE_INFINITY)]);
  expect([windows.get('s'), windows.get('d')]).toEqual([Number.POSITIVE_INFINITY, Number.NaN]);
});

test('of one event the earliest time of writing that is known stays, in every order', () => {
  const told = (...order: (bigint | null)[]) => {
    const windows = store(plan({ l: last('n', '1h') }));
    windows.tell([{ ...event(5, 7n), created: 20n }]);
    for (const created of order) windows.tell([{ ...event(5, 8n), created, ordinal: 0 }]);
    return [windows.get('l'), [...windows.kept.values()].map((bytes) => Buffer.from(bytes).toString('hex'))];
  };
  expect(told(null, 30n)[0]).toBe(8n);
  expect(told(null, 30n, 10n)).toEqual(told(10n, 30n, null));
  expect(told(30n, null, 10n)[0]).toBe(7n);
});

test('bytes of another version are none', () => {
  expect(() => readSummary(Uint8Array.of(9, 0, 0, 0, 0))).toThrow(/version 9/);
});
