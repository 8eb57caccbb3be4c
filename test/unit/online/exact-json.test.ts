/** JSON without a lost digit, and nothing that a caller writes taken for what it is not. */
import { expect, it } from 'vitest';
import { ExactNumber, parseExact } from '#serving/exact-json.ts';

const read = (text: string) => parseExact(Buffer.from(text, 'utf8'));

it('keeps numbers that a double does not hold, and Python’s bare ones, as they are written', () => {
  expect(read('[9007199254740993, -9007199254740993, 1.5, 12, NaN, Infinity, -Infinity]')).toEqual([
    new ExactNumber('9007199254740993'),
    new ExactNumber('-9007199254740993'),
    ...[1.5, 12],
    ...['NaN', 'Infinity', '-Infinity'].map((text) => new ExactNumber(text)),
  ]);
  expect(read('{"a":"NaN","9007199254740993":1}')).toEqual({ a: 'NaN', '9007199254740993': 1 });
});

it('takes no text for a number, however its beginning is escaped', () => {
  expect(() => read('[NaN, "\\u0000number:x"]')).toThrow(/begins with NUL/);
  // The same text by other escapes.
  expect(read('[NaN, "\\u0000n\\u0075mber:x"]')).toEqual([new ExactNumber('NaN'), '\u0000number:x']);
});
