import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partSize, s3Limits } from '#adapters/s3/part-size.ts';

const { least, largest, most } = s3Limits;
const TIB = 2 ** 40;

test('any size that the store takes is few enough parts, none too large, and no larger than is needed', () => {
  fc.assert(
    fc.property(
      fc.maxSafeNat().map((bytes) => bytes % (largest * most + 1)),
      (bytes) => {
        const part = partSize(bytes);
        expect(Math.ceil(bytes / part)).toBeLessThanOrEqual(most);
        expect(part).toBeGreaterThanOrEqual(least);
        expect(part).toBeLessThanOrEqual(largest);
        // Whole MiB: at most one more than the fewest bytes that do.
        if (part > least) expect(part - Math.ceil(bytes / most)).toBeLessThan(2 ** 20);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('the parts of what was written before are the same: so is an ETag that is made of them', () => {
  for (const bytes of [least + 1, 2 ** 30, 156 * 2 ** 30, least * most]) expect(partSize(bytes)).toBe(least);
  expect(partSize(least * most + 1)).toBe(17 * 2 ** 20);
});

test('the wall is at 48.8 TiB, and is said', () => {
  expect(partSize(3 * TIB)).toBe(315 * 2 ** 20);
  expect(partSize(largest * most)).toBe(largest);
  expect(() => partSize(largest * most + 1)).toThrow(/at most 10000 parts of 5368709120 bytes/);
});

test('limits that are no whole MiB hold, too', () => {
  const limits = fc.record({
    least: fc.integer({ min: 1, max: 9 }),
    more: fc.nat(90),
    most: fc.integer({ min: 1, max: 50 }),
  });
  fc.assert(
    fc.property(limits, fc.double({ min: 0, max: 1, noNaN: true }), ({ least, more, most }, share) => {
      const given = { least, largest: least + more, most };
      const bytes = Math.floor(share * given.largest * most);
      expect(Math.ceil(bytes / partSize(bytes, given))).toBeLessThanOrEqual(most);
    }),
  );
});
