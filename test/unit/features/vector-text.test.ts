/** Values of vectors as texts: none is another one when it is read back. */
import { expect, test } from 'vitest';
import { textOfValue, valueOfText } from '#features/vector-text.ts';

test.each([
  ['int64', 9007199254740993n],
  ['int64', -9223372036854775808n],
  ['float64', 0.1 + 0.2],
  ['float64', -0],
  ['float64', Number.NaN],
  ['float64', Number.NEGATIVE_INFINITY],
  ['float64', 5e-324],
  ['string', ''],
  ['string', 'null\n"é\u{1f600}'],
  ['bool', false],
  ['timestamp', new Date('1969-12-31T23:59:59.999Z')],
  ['date', new Date('2026-01-08T00:00:00Z')],
] as const)('%s %s', (type, value) => {
  expect(valueOfText(type, textOfValue(value))).toStrictEqual(value);
});

test('as DuckDB writes them: words of float64, microseconds that are cut, lists', () => {
  expect(['nan', 'inf', '-inf', '-0.0', '1e+300'].map((text) => valueOfText('float64', text))).toStrictEqual([
    ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e300],
  ]);
  expect(valueOfText('timestamp', '1767830399999999')).toStrictEqual(new Date('2026-01-07T23:59:59.999Z'));
  expect(valueOfText('int64[]', ['1', null])).toStrictEqual([1n, null]);
  expect([valueOfText('float64', null), textOfValue(null), textOfValue(undefined)]).toEqual([null, null, null]);
});
