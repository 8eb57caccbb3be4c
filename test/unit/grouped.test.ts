import fc from 'fast-check';
import { expect, it } from 'vitest';
import { grouped, significant } from '#contracts/grouped.ts';

it('groups as Intl does', () => {
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.double({ noNaN: true })), (value) => {
      expect(grouped(value)).toBe(value.toLocaleString('en-US'));
    }),
  );
});

it('rounds to digits as Intl does, but for ties', () => {
  const values = fc.oneof(fc.double({ noNaN: true, min: -1e7, max: 1e7 }), fc.integer());
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 6 }), (value, digits) => {
      const told = significant(value, digits);
      if (told === value.toLocaleString('en-US', { maximumSignificantDigits: digits })) return;
      // The next digit is a five, and nothing follows that a double could hold.
      expect(value.toPrecision(digits + 8)).toMatch(/(50000000|49999999)(e|$)/);
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  [499.5, '499.5'],
  [1_234_567.8, '1,234,600'],
  [0.000_012_345_6, '0.000012346'],
  [-0.5, '-0.5'],
  [-12_345.678, '-12,346'],
  [1e21, '1,000,000,000,000,000,000,000'],
  [Number.POSITIVE_INFINITY, '∞'],
])('%d in five digits is %s', (value, text) => {
  expect(significant(value, 5)).toBe(text);
});
