/** Which type a column of CSV has, from the classes of its fields. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CellType, cellClass, typeOf } from '#adapters/duckdb/reading/csv/cell-class.ts';
import { partitionsOf } from '#adapters/duckdb/reading/csv/partitions.ts';

const c = cellClass;

test.each<[string, number, CellType]>([
  ['nothing but missing fields', 0, 'VARCHAR'],
  ['integers', c.integer, 'BIGINT'],
  ['integers, some beyond 2^53', c.integer | c.bigInteger, 'BIGINT'],
  ['20 digits', c.longInteger, 'VARCHAR'],
  ['20 digits among integers', c.integer | c.longInteger, 'VARCHAR'],
  ['fractions among integers', c.integer | c.decimal, 'DOUBLE'],
  ['exponents and NaN', c.exponent | c.notFinite, 'DOUBLE'],
  ['NaN alone', c.notFinite, 'VARCHAR'],
  ['fractions among integers beyond 2^53', c.bigInteger | c.decimal, 'DECIMAL'],
  ['more digits than DOUBLE has', c.longDecimal | c.integer, 'DECIMAL'],
  ['more digits than DOUBLE has, with exponents', c.longDecimal | c.exponent, 'VARCHAR'],
  ['dates', c.date, 'DATE'],
  ['dates with times of day', c.date | c.timestamp, 'TIMESTAMP'],
  ['times with an offset', c.zonedTimestamp, 'TIMESTAMPTZ'],
  ['times with and without an offset', c.timestamp | c.zonedTimestamp, 'VARCHAR'],
  ['true and false', c.lowerBoolean, 'BOOLEAN'],
  ['true and False', c.lowerBoolean | c.titleBoolean, 'VARCHAR'],
  ['true and 1', c.lowerBoolean | c.integer, 'VARCHAR'],
  ['007 among integers', c.integer | c.padded, 'VARCHAR'],
  ['02/11/2013', c.localDate, 'VARCHAR'],
  ['1,5', c.commaDecimal | c.integer, 'VARCHAR'],
])('%s', (_, classes, type) => {
  expect(typeOf(classes)).toBe(type);
});

test('more rows never narrow a type: what one part cannot hold, the whole cannot', () => {
  const bits = Object.values(cellClass);
  const classes = fc.subarray(bits).map((some) => some.reduce((sum, bit) => sum | bit, 0));
  const wider: Record<CellType, readonly CellType[]> = {
    BIGINT: ['BIGINT', 'DOUBLE', 'DECIMAL', 'VARCHAR'],
    DOUBLE: ['DOUBLE', 'DECIMAL', 'VARCHAR'],
    DECIMAL: ['DECIMAL', 'VARCHAR'],
    DATE: ['DATE', 'TIMESTAMP', 'VARCHAR'],
    TIMESTAMP: ['TIMESTAMP', 'VARCHAR'],
    TIMESTAMPTZ: ['TIMESTAMPTZ', 'VARCHAR'],
    BOOLEAN: ['BOOLEAN', 'VARCHAR'],
    VARCHAR: ['VARCHAR'],
  };
  // Texts for want of any value, or of a number beside NaN, say nothing yet; 20 digits turn exact beside a fraction.
  const undecided = (k: number) => (k & ~(c.notFinite | c.longInteger | c.integer | c.bigInteger)) === 0;
  fc.assert(
    fc.property(classes, classes, (one, other) => {
      fc.pre(typeOf(one) !== 'VARCHAR' || !undecided(one));
      expect(wider[typeOf(one)]).toContain(typeOf(one | other));
    }),
    { numRuns: 2_000 },
  );
});

describe('folders of a path', () => {
  test('say what name=value says', () => {
    expect(partitionsOf('data/year=2024/month=05/part-0.csv')).toEqual([
      ['year', '2024'],
      ['month', '05'],
    ]);
    expect(partitionsOf('s3://bucket/a=x%2Fy/b=__HIVE_DEFAULT_PARTITION__/c=1.csv')).toEqual([
      ['a', 'x/y'],
      ['b', ''],
    ]);
    expect(() => partitionsOf('a=1/A=2/x.csv')).toThrow('two folders of the path name A');
  });
});
