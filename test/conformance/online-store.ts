/** What every {@link OnlineStore} must do. A new one is proven by calling this with a factory. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entityKey } from '#ports/online-key.ts';
import { decodeRow, encodeRow, type OnlineValue } from '#ports/online-row.ts';
import type { OnlineRow, OnlineStore } from '#ports/online-store.ts';
import { windowedPushes } from '../fixtures/windowed-pushes.ts';

export interface OnlinePlace {
  /** Another way into the same place: another process would have one of its own. */
  open(): Promise<OnlineStore>;
}

const row = (
  view: string,
  id: bigint | string,
  event: bigint,
  values: Record<string, OnlineValue>,
  created: bigint | null = null,
): OnlineRow => ({
  view,
  key: entityKey([['id', id]]),
  row: encodeRow({ event, created, values: new Map(Object.entries(values)) }),
});
const key = (id: bigint | string) => entityKey([['id', id]]);

/** `place` gives an empty place of its own for each call. */
export function onlineStoreConformance(name: string, place: () => Promise<OnlinePlace>): void {
  describe(`${name} is an online store`, () => {
    let here: OnlinePlace;
    let store: OnlineStore;
    let other: OnlineStore;
    beforeAll(async () => {
      here = await place();
      store = await here.open();
      other = await here.open();
    });
    afterAll(async () => {
      await store.close();
      await other.close();
    });
    const one = async (view: string, id: bigint | string) => {
      const [[bytes] = []] = await store.read([{ key: key(id), views: [view] }]);
      return bytes ? decodeRow(bytes) : null;
    };

    it('gives back every value as it was: beyond 2^53, NaN, infinities, null, bytes, lists', async () => {
      const values = {
        large: 9_007_199_254_741_023n,
        least: -(2n ** 63n),
        nan: Number.NaN,
        up: Number.POSITIVE_INFINITY,
        down: Number.NEGATIVE_INFINITY,
        zero: -0,
        nothing: null,
        text: 'größer ≥ 3 \0 👍🏽',
        yes: true,
        raw: Uint8Array.of(0, 255),
        list: [1.5, null, Number.NaN],
        empty: [],
      };
      expect(await store.write([row('values', 1n, 5n, values, 6n)])).toEqual({ written: 1, older: 0, changed: 0 });
      const found = await one('values', 1n);
      expect(found).toMatchObject({ event: 5n, created: 6n });
      expect(Object.fromEntries(found?.values ?? [])).toEqual(values);
      expect(Object.is(found?.values.get('zero'), -0)).toBe(true);
      expect(found?.values.has('absent')).toBe(false);
    });

    it('answers many entities and views in their order, null for what is not there', async () => {
      await store.write([row('a', 1n, 1n, { x: 1n }), row('b', 1n, 1n, { x: 2n }), row('b', 'two', 1n, { x: 3n })]);
      const answer = await store.read([
        { key: key('two'), views: ['b', 'a'] },
        { key: key(1n), views: ['b', 'none', 'a'] },
        { key: key(1n), views: ['a'] },
        { key: key(404n), views: ['a', 'b'] },
      ]);
      const x = (bytes: Uint8Array | null) => bytes && decodeRow(bytes).values.get('x');
      expect(answer.map((rows) => rows.map(x))).toEqual([[3n, null], [2n, null, 1n], [1n], [null, null]]);
      expect(await store.read([])).toEqual([]);
    });

    it('tells keys apart that print alike', async () => {
      await store.write([row('keys', 1n, 1n, { x: 'number' }), row('keys', '1', 1n, { x: 'text' })]);
      expect((await one('keys', 1n))?.values.get('x')).toBe('number');
      expect((await one('keys', '1'))?.values.get('x')).toBe('text');
    });

    it('keeps the newest event, then the newest created, whatever comes last', async () => {
      const at = (event: bigint, created: bigint | null, x: string) => row('newest', 1n, event, { x }, created);
      await store.write([at(10n, 5n, 'first')]);
      expect(await store.write([at(9n, 99n, 'older event')])).toEqual({ written: 0, older: 1, changed: 0 });
      expect(await store.write([at(10n, 4n, 'older created'), at(10n, null, 'no created')])).toEqual({
        written: 0,
        older: 2,
        changed: 0,
      });
      expect((await one('newest', 1n))?.values.get('x')).toBe('first');
      await other.write([at(10n, 6n, 'newer created')]);
      expect((await one('newest', 1n))?.values.get('x')).toBe('newer created');
      await store.write([at(-10n, null, 'before 1970'), at(11n, null, 'newer event'), at(-11n, null, 'older')]);
      expect((await one('newest', 1n))?.values.get('x')).toBe('newer event');
      expect(await store.write([at(11n, null, 'newer event')])).toEqual({ written: 0, older: 1, changed: 0 });
    });

    it('reads what was acknowledged by another writer', async () => {
      await other.write([row('shared', 1n, 1n, { x: true })]);
      expect((await one('shared', 1n))?.values.get('x')).toBe(true);
    });

    it('ends in one state in whatever order and batches two writers bring the same rows', async () => {
      let cases = 0;
      const event = fc.tuple(
        fc.integer({ min: 0, max: 2 }),
        fc.bigInt({ min: -3n, max: 3n }),
        fc.option(fc.bigInt({ min: 0n, max: 2n })),
        fc.integer({ min: 0, max: 3 }),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(event, { minLength: 1, maxLength: 12 }),
          fc.infiniteStream(fc.nat({ max: 1_000 })),
          async (events, chance) => {
            const states: string[] = [];
            for (const turn of [0, 1]) {
              const view = `order_${cases++}`;
              const rows = events.map(([id, at, created, x]) => row(view, BigInt(id), at, { x: BigInt(x) }, created));
              const mixed = turn === 0 ? rows : shuffled(rows, () => chance.next().value ?? 0);
              const batches = cut(mixed, () => 1 + ((chance.next().value ?? 0) % 4));
              await Promise.all(batches.map((batch, index) => (index % 2 ? store : other).write(batch)));
              const found = await store.read([0n, 1n, 2n].map((id) => ({ key: key(id), views: [view] })));
              states.push(JSON.stringify(found.map(([bytes]) => bytes && Buffer.from(bytes).toString('hex'))));
            }
            expect(states[1]).toBe(states[0]);
          },
        ),
        { numRuns: 40 },
      );
    });

    it('holds as much as a batch of thousands', async () => {
      const rows = Array.from({ length: 5_000 }, (_, index) => row('many', BigInt(index), 1n, { x: BigInt(index) }));
      expect(await store.write(rows)).toEqual({ written: 5_000, older: 0, changed: 0 });
      const found = await store.read(rows.map((each) => ({ key: each.key, views: ['many'] })));
      expect(found.map(([bytes]) => bytes && decodeRow(bytes).values.get('x'))).toEqual(
        rows.map((_, index) => BigInt(index)),
      );
      expect(await store.write([])).toEqual({ written: 0, older: 0, changed: 0 });
    });

    it('keeps parts that are computed of what is there: none of two writers’ changes is lost, all parts or none', async () => {
      const id = key('parts');
      const parts = ['v#sum', 'v#log', 'v#none'];
      const add = (x: number) => ({
        key: id,
        parts,
        bytes: 10,
        change: ([sum, log]: readonly (Uint8Array | null)[]) =>
          new Map<string, Uint8Array | null>([
            ['v#sum', Buffer.from(String(Number(Buffer.from(sum ?? [48]).toString()) + x))],
            ['v#log', Buffer.concat([log ?? Buffer.alloc(0), Buffer.of(x)])],
            ['v#none', null],
          ]),
      });
      const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
      const written = await Promise.all(
        numbers.map((x, index) => (index % 2 ? store : other).write([row('v', 'parts', BigInt(x), {})], [add(x)])),
      );
      expect(written.every(({ changed }) => changed === 1)).toBe(true);
      const [[sum, log, none, plain] = []] = await other.read([{ key: id, views: [...parts, 'v'] }]);
      expect(Buffer.from(sum ?? []).toString()).toBe('820');
      expect([...(log ?? [])].sort((a, b) => a - b)).toEqual(numbers);
      expect(none).toBeNull();
      expect(plain && decodeRow(plain).event).toBe(40n);
      const same = { key: id, parts, bytes: 0, change: () => new Map() };
      expect(await store.write([], [same])).toEqual({ written: 0, older: 0, changed: 0 });
      const removed = { ...same, change: () => new Map([['v#sum', null]]) };
      expect(await store.write([], [removed])).toEqual({ written: 0, older: 0, changed: 1 });
      expect(await other.read([{ key: id, views: ['v#sum'] }])).toEqual([[null]]);
    });

    it('keeps windows: two writers tell the same events in other orders and batches, and both end in one state', async () => {
      const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
      const [one, another] = [windowedPushes('w1'), windowedPushes('w2')];
      const tell = (windows: typeof one, all: readonly number[], size: number) =>
        Promise.all(cut(all, () => size).map((batch, index) => windows.push(index % 2 ? store : other, batch)));
      await tell(one, numbers, 7);
      await tell(one, numbers.toReversed(), 11);
      await tell(another, numbers.toReversed(), 5);
      expect(await one.read(other)).toEqual({ events: 60n, total: 1_830n });
      expect(await another.read(store)).toEqual({ events: 60n, total: 1_830n });
      expect(await one.bytes(store)).toBe(await another.bytes(other));
    });

    it('is the same after it was closed and opened again', async () => {
      await store.write([row('again', 1n, 1n, { x: 7n })]);
      await store.close();
      store = await here.open();
      expect((await one('again', 1n))?.values.get('x')).toBe(7n);
    });
  });
}

function shuffled<T>(items: readonly T[], draw: () => number): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(draw() % left.length, 1));
}

function cut<T>(items: readonly T[], size: () => number): T[][] {
  const batches: T[][] = [];
  for (let at = 0; at < items.length; ) {
    const length = size();
    batches.push(items.slice(at, at + length));
    at += length;
  }
  return batches;
}
