/** How many items go into one activity. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextBatch } from '#decisions/batch-size.ts';

const measured = fc.record({
  items: fc.integer({ min: 1, max: 500 }),
  ms: fc.integer({ min: 0, max: 10_000_000 }),
});

describe('the next batch', () => {
  it.each([
    [
      { items: 10, ms: 100 },
      { size: 80, least: 10 },
    ],
    [
      { items: 80, ms: 800 },
      { size: 100, least: 10 },
    ],
    [
      { items: 8, ms: 4_000 },
      { size: 2, least: 1 },
    ],
    [
      { items: 1, ms: 60_000 },
      { size: 1, least: 1 },
    ],
    [
      { items: 400, ms: 0 },
      { size: 500, least: 500 },
    ],
  ])('after %o: %o', (was, next) => expect(nextBatch(was)).toEqual(next));

  it('takes a second at most, if its items take what the last ones took, and has at least one', () =>
    fc.assert(
      fc.property(measured, (was) => {
        const { size } = nextBatch(was);
        expect(size).toBeGreaterThanOrEqual(1);
        if (size > 1) expect((size * was.ms) / was.items).toBeLessThanOrEqual(1_000 + 1e-6);
      }),
    ));

  it('is never more than eight times the last, nor more than 500', () =>
    fc.assert(
      fc.property(measured, (was) => {
        expect(nextBatch(was).size).toBeLessThanOrEqual(Math.min(500, 8 * was.items));
      }),
    ));

  it('is worth an activity: less than a tenth of a second only where it is all that may go together', () =>
    fc.assert(
      fc.property(measured, (was) => {
        const { size, least } = nextBatch(was);
        expect(least).toBeLessThanOrEqual(size);
        expect(least === size || ((least + 1) * was.ms) / was.items > 99).toBe(true);
      }),
    ));

  it('is no smaller after quicker items', () =>
    fc.assert(
      fc.property(measured, fc.double({ min: 0, max: 1, noNaN: true }), (was, share) => {
        expect(nextBatch({ ...was, ms: was.ms * share }).size).toBeGreaterThanOrEqual(nextBatch(was).size);
      }),
    ));

  it('finds the size of a second from any start, as long as items take the same', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 2, max: 900 }), (items, each) => {
        let size = items;
        for (let round = 0; round < 4; round++) size = nextBatch({ items: size, ms: size * each }).size;
        expect(size).toBe(Math.max(1, Math.min(500, Math.floor(1_000 / each))));
      }),
    ));
});
