import { expect as ratchetExpect } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { Expectation } from '#contracts/validation.ts';
import { suiteOf } from '#measures/expectations/suite.ts';
import { userError } from './place.ts';

const column = ratchetExpect.column('dep_delay');

const r = { min: 0, max: 1 };
const { pair, together } = ratchetExpect;
const everyType = [
  ...[column.between(0, 1), column.notNull(), column.null(), column.unique(), column.oneOf([1]), column.noneOf([1])],
  ...[column.matches('a'), column.matches(['a', /b/]), column.matchesNot('a'), column.matchesNot(['a', 'b'])],
  ...[column.length(3), column.length({ min: 1 }), column.timeFormat('%Y'), column.date(), column.json()],
  ...[column.increasing(), column.decreasing({ strictly: true }), column.zScoreBelow(3), column.type('BIGINT')],
  ...[column.type(['BIGINT', 'DOUBLE']), column.exists({ index: 2 }), column.min(r), column.max(r), column.mean(r)],
  ...[column.median(r), column.sum(r), column.stdev(r), column.distinctCount(r), column.distinctShare(r)],
  ...[column.nonNullShare(r), column.quantiles({ 0.9: [null, 5], 0.1: [0, 1] }), column.mostCommonIn(['a'])],
  ...[column.distinctIn(['a']), column.distinctContain(['a']), column.distinctEqual(['a'])],
  column.divergence({ values: ['a', 'b'], weights: [0.5, 0.5] }, 0.1),
  ...[
    pair('a', 'b').greater({ orEqual: true }),
    pair('a', 'b').equal({ ignore: 'neither' }),
    pair('a', 'b').oneOf([[1, 2]]),
  ],
  ...[together('a', 'b').unique(), together('a', 'b').sum(1), together('a', 'b').differ({ ignore: 'any' })],
  ...[ratchetExpect.columns(['a']), ratchetExpect.columns(['a'], { ordered: true }), ratchetExpect.rowCount(3)],
  ...[ratchetExpect.rowCount({ min: 1 }), ratchetExpect.columnCount(3), ratchetExpect.columnCount({ max: 3 })],
];

describe('expect', () => {
  it('has a word for each of the 48 types, and each is one that can be checked', () => {
    expect(new Set(everyType.map(({ type }) => type)).size).toBe(48);
    expect(suiteOf(everyType).all).toHaveLength(everyType.length);
  });

  it('carries conditions, ignored rows and severities', () => {
    expect(pair('a', 'b').greater({ ignore: 'either', where: 'month >= 6', mostly: 0.9 }).quarantine()).toEqual({
      type: 'expect_column_pair_values_a_to_be_greater_than_b',
      kwargs: {
        column_A: 'a',
        column_B: 'b',
        ignore_row_if: 'either_value_is_missing',
        mostly: 0.9,
        row_condition: 'month >= 6',
        condition_parser: 'pandas',
      },
      severity: 'quarantine',
    });
  });

  it.each([
    [
      column.between(-60, 1500, { mostly: 0.99 }),
      'expect_column_values_to_be_between',
      { column: 'dep_delay', min_value: -60, max_value: 1500, mostly: 0.99 },
    ],
    [
      column.between(null, '2013-12-31', { strictMax: true }),
      'expect_column_values_to_be_between',
      { column: 'dep_delay', max_value: '2013-12-31', strict_max: true },
    ],
    [column.notNull({ mostly: 0.5 }), 'expect_column_values_to_not_be_null', { column: 'dep_delay', mostly: 0.5 }],
    [column.unique(), 'expect_column_values_to_be_unique', { column: 'dep_delay' }],
    [
      column.oneOf(['JFK', 'LGA']),
      'expect_column_values_to_be_in_set',
      { column: 'dep_delay', value_set: ['JFK', 'LGA'] },
    ],
    [column.matches(/^N\d+$/i), 'expect_column_values_to_match_regex', { column: 'dep_delay', regex: '(?i)^N\\d+$' }],
    [column.matches('^N'), 'expect_column_values_to_match_regex', { column: 'dep_delay', regex: '^N' }],
    [column.type('BIGINT'), 'expect_column_values_to_be_of_type', { column: 'dep_delay', type_: 'BIGINT' }],
    [column.exists(), 'expect_column_to_exist', { column: 'dep_delay' }],
    [
      ratchetExpect.columns(['a', 'b']),
      'expect_table_columns_to_match_set',
      { column_set: ['a', 'b'], exact_match: true },
    ],
    [ratchetExpect.rowCount({ min: 1 }), 'expect_table_row_count_to_be_between', { min_value: 1 }],
  ])("speaks Great Expectations' names: %j", (expectation, type, kwargs) => {
    expect(JSON.parse(JSON.stringify(expectation))).toEqual({ type, kwargs, severity: 'fail' });
    expect(Expectation.parse(expectation)).toEqual({ type, kwargs, severity: 'fail' });
  });

  it('turns one into a warning and leaves it as it was', () => {
    const strict = column.notNull();
    expect(strict.warn()).toEqual({ ...strict, severity: 'warn' });
    expect(strict.severity).toBe('fail');
    expect(Object.keys(strict.warn())).toEqual(['type', 'kwargs', 'severity']);
  });

  it.each([
    [() => ratchetExpect.column(''), "a column's name is wanted"],
    [() => column.between(null, null), 'has no bound'],
    [() => column.between(3, 1), 'has a least value (3) above its greatest (1)'],
    [() => column.between(Number.NEGATIVE_INFINITY, 1), 'has the bound -Infinity: use null'],
    [() => column.notNull({ mostly: 99 }), 'mostly of column dep_delay is 99: a share above 0 up to 1'],
    [() => column.oneOf([]), 'at least one value is wanted'],
    [() => column.matches(/a/y), 'has the flag y'],
    [() => ratchetExpect.rowCount({}), 'rowCount(…) has no bound'],
    [() => column.matches('a++'), 'has a possessive quantifier'],
    [() => column.timeFormat('%Q'), 'bad directive'],
    [() => column.notNull({ where: 'month >' }), 'is not understood at its end'],
  ])('refuses what cannot be meant: %s', (make, text) => {
    expect(userError(make).message).toContain(text);
    expect(userError(make).message).toMatch(/^test\/unit\/authoring\/expect\.test\.ts:\d+: /);
  });
});
