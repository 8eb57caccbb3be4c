import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { globPattern } from '#activities/data/glob.ts';
import { parseTime, timeText } from '#activities/data/time.ts';
import { nearest } from '#contracts/nearest.ts';
import { Expectation } from '#contracts/validation.ts';
import { isExpectationType, kwargsOf } from '#expectations/kwargs.ts';
import { pandasQuery } from '#expectations/pandas-query.ts';
import { translateRegex } from '#expectations/python-regex.ts';
import { rowConditionOf } from '#expectations/row-condition.ts';
import { strptimeTest } from '#expectations/strptime-format.ts';
import { suiteOfGreatExpectations, toGreatExpectations } from '#measures/expectations/great-expectations.ts';
import { expectationTypes } from '#measures/expectations/registry.ts';
import { suiteOf } from '#measures/expectations/suite.ts';
import type { Answer } from '#ports/measures.ts';

const table = {
  rows: 100,
  columns: [
    { name: 'a', type: 'BIGINT' },
    { name: 't', type: 'TIMESTAMP WITH TIME ZONE' },
  ],
};
function judge(type: string, kwargs: Record<string, never> | object, answers: Answer[] = []) {
  const suite = suiteOf([{ type, kwargs: kwargs as Record<string, number>, severity: 'fail' }]);
  expect(suite.measures(table)).toHaveLength(answers.length);
  return suite.judge(answers, table)[0];
}
const tested = (unexpected: number, nonNull = 10, rows = 12): Answer => ({
  rows,
  counted: nonNull,
  unexpected,
  places: unexpected > 0 ? [2] : [],
  values: unexpected > 0 ? [[7]] : [],
});
const said = (result: ReturnType<typeof judge>) => result?.ratchet.message;

describe('mostly', () => {
  test.each([
    [0.8, 2, true],
    [0.8, 3, false],
    [1, 0, true],
    [0, 10, true],
  ])('%s of ten values with %s unexpected', (mostly, unexpected, success) => {
    expect(
      judge('expect_column_values_to_be_between', { column: 'a', min_value: 1, mostly }, [tested(unexpected)])?.success,
    ).toBe(success);
  });

  test('counts values, or all rows where null is what is asked about', () => {
    expect(judge('expect_column_values_to_be_between', { column: 'a', min_value: 1 }, [tested(1)])).toMatchObject({
      result: { unexpected_count: 1, unexpected_percent: 10, missing_count: 2 },
      ratchet: { examples: [{ row: 3, values: { a: 7 } }] },
    });
    expect(judge('expect_column_values_to_not_be_null', { column: 'a', mostly: 0.8 }, [tested(2, 12)])).toMatchObject({
      success: true,
      result: { unexpected_percent: (2 / 12) * 100 },
    });
  });

  test('of no values succeeds without a percentage', () => {
    expect(judge('expect_column_values_to_be_in_set', { column: 'a', value_set: [1] }, [tested(0, 0)])).toMatchObject({
      success: true,
      result: { unexpected_percent: null },
    });
  });
});

describe('bounds', () => {
  const max = (value: number | string | null, kwargs: object) =>
    judge('expect_column_max_to_be_between', { column: 'a', ...kwargs }, [{ value }]);
  test('are inclusive unless strict, open where they are not given', () => {
    expect(max(5, { max_value: 5 })?.success).toBe(true);
    expect(max(5, { max_value: 5, strict_max: true })?.success).toBe(false);
    expect(max(5, { min_value: 5, strict_min: true })?.success).toBe(false);
    expect(max(5, {})?.success).toBe(true);
    expect(max(null, {})).toMatchObject({ success: false, result: { observed_value: null } });
  });

  test('compare times as instants, and refuse what cannot be compared', () => {
    expect(max('2026-01-01T00:00:00.000Z', { max_value: '2026-01-01' })?.success).toBe(true);
    expect(max('2026-01-01T00:00:00.000Z', { max_value: '2026-01-01T00:30:00+01:00' })?.success).toBe(false);
    expect(said(max('text', { max_value: 3 }))).toContain('cannot be compared');
    expect(max('Infinity', { max_value: 3 })?.success).toBe(false);
    expect(max('-Infinity', { max_value: 3 })?.success).toBe(true);
  });
});

test('shares, sums and counts of nothing are 0', () => {
  const answers: Answer[] = [{ value: 0 }, { value: 0 }];
  expect(
    judge('expect_column_proportion_of_unique_values_to_be_between', { column: 'a', min_value: 0 }, answers),
  ).toMatchObject({ success: true, result: { observed_value: 0 } });
});

test('a problem of the measure is the message', () => {
  expect(judge('expect_column_mean_to_be_between', { column: 't' }, [{ problem: 't has no mean' }])).toMatchObject({
    success: false,
    result: {},
    exception_info: { 'column.mean': { raised_exception: true, exception_message: 't has no mean' } },
  });
});

test('types go by several names', () => {
  const type = (type_: string) => judge('expect_column_values_to_be_of_type', { column: 'a', type_ })?.success;
  expect([type('BIGINT'), type('bigint'), type('int64'), type('int'), type('INTEGER'), type('float64')]).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('the table itself', () => {
  expect(judge('expect_table_row_count_to_be_between', { min_value: 1, max_value: 99 })).toMatchObject({
    success: false,
    result: { observed_value: 100 },
    ratchet: { message: 'wanted between 1 and 99 rows; there are 100' },
  });
  expect(judge('expect_table_columns_to_match_ordered_list', { column_list: ['t', 'a'] })?.success).toBe(false);
  expect(judge('expect_table_columns_to_match_set', { column_set: ['t', 'a'] })?.success).toBe(true);
  expect(said(judge('expect_table_columns_to_match_set', { column_set: ['t'] }))).toBe('nobody asked for a');
  expect(said(judge('expect_column_to_exist', { column: 'a', column_index: 1 }))).toContain('it is column 0');
});

test('answers go to the expectations that asked, also past one whose column is missing', () => {
  const suite = suiteOf([
    { type: 'expect_column_values_to_be_unique', kwargs: { column: 'gone' }, severity: 'warn' },
    { type: 'expect_column_max_to_be_between', kwargs: { column: 'a', max_value: 1 }, severity: 'fail' },
  ]);
  expect(suite.measures(table)).toEqual([{ of: 'max', column: 'a' }]);
  expect(suite.judge([{ value: 2 }], table).map(({ success, ratchet }) => [success, ratchet.message])).toEqual([
    [false, 'column gone is missing; there are a, t'],
    [false, 'a: wanted a greatest value at most 1; it is 2'],
  ]);
});

test('every type has arguments and a meaning, and refuses what it does not know', () => {
  expect(expectationTypes).toHaveLength(48);
  for (const type of expectationTypes) {
    expect(isExpectationType(type)).toBe(true);
    expect(() => kwargsOf(type, { column: 'a', surprise: 1 })).toThrow();
  }
});

test('what Great Expectations refuses to build is refused', () => {
  const refused: { type: string; kwargs: Record<string, string> }[] = JSON.parse(
    readFileSync(new URL('../golden/great_expectations/rejected_configs.json', import.meta.url), 'utf8'),
  );
  for (const { type, kwargs } of refused)
    expect(() =>
      suiteOf([
        {
          type: type.replace(/(?<!^)[A-Z]|^E/g, (letter) => (letter === 'E' ? 'e' : `_${letter.toLowerCase()}`)),
          kwargs,
        },
      ]),
    ).toThrow(/neither a number nor a date/);
});

test('redacted columns show counts and no value', () => {
  const suite = suiteOf([
    { type: 'expect_column_values_to_be_between', kwargs: { column: 'a', max_value: 1 } },
    { type: 'expect_column_max_to_be_between', kwargs: { column: 'a', max_value: 1 } },
  ]);
  const results = suite.judge([tested(3), { value: 4711 }], table, { format: 'COMPLETE', redacted: ['a'] });
  expect(JSON.stringify(results)).not.toMatch(/4711|\b7\b/);
  expect(results[0]?.result).toMatchObject({ unexpected_count: 3, partial_unexpected_list: ['[redacted]'] });
  expect(results[1]).toMatchObject({ success: false, result: { observed_value: '[redacted]' } });
});

test('a quarantine needs rows that can be told apart', () => {
  expect(() =>
    suiteOf([{ type: 'expect_column_mean_to_be_between', kwargs: { column: 'a' }, severity: 'quarantine' }]),
  ).toThrow('cannot be of severity quarantine');
});

test("a suite of Great Expectations' comes back as it went", () => {
  const given = {
    name: 's',
    expectations: [
      {
        type: 'expect_column_to_exist',
        kwargs: { column: 'a', batch_id: 'x' },
        meta: {},
        severity: 'warning',
        id: '1',
      },
      { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'a' }, severity: 'critical', id: '2' },
    ],
  };
  const { name, expectations } = suiteOfGreatExpectations(given);
  expect(expectations.map(({ severity }) => severity)).toEqual(['warn', 'fail']);
  const quarantining = [
    ...expectations,
    { type: 'expect_column_values_to_be_unique', kwargs: { column: 'a' }, severity: 'quarantine' as const },
  ];
  const written = toGreatExpectations(
    name,
    quarantining.map((each) => Expectation.parse(each)),
  );
  expect(written).toMatchObject({
    name: 's',
    expectations: [{ kwargs: { column: 'a' }, severity: 'warning' }, {}, { severity: 'critical' }],
  });
  expect(
    suiteOfGreatExpectations(JSON.parse(JSON.stringify(written))).expectations.map(({ severity }) => severity),
  ).toEqual(['warn', 'fail', 'quarantine']);
  expect(() => suiteOfGreatExpectations({ expectations: 1 })).toThrow('not an expectation suite');
});

test('a pattern of Python is one of RE2, or of JavaScript, or a clear refusal', () => {
  expect(translateRegex('^\\w+$')).toMatchObject({ re2: '^[\\p{L}\\p{N}_]+(?:\\n?\\z)' });
  expect(translateRegex('(?<=a)b')).toMatchObject({ re2: null, js: { source: '(?<=a)b' } });
  expect(translateRegex('(a)\\1')).toMatchObject({ re2: null });
  expect(translateRegex('(?P<x>a)(?P=x)')).toMatchObject({ js: { source: '(?<x>a)\\k<x>' } });
  for (const bad of ['(', '[b-a]', '\\q', 'a++', '(?(1)a|b)', '(?-i:a)b(?=c)'])
    expect(translateRegex(bad)).toHaveProperty('problem');
  expect(() =>
    suiteOf([{ type: 'expect_column_values_to_match_regex', kwargs: { column: 'a', regex: 'a++' } }]),
  ).toThrow(/regex is "a\+\+": the pattern a\+\+ has a possessive quantifier/);
});

test('a format of strptime is judged as Python judges it', () => {
  const matches = (format: string, text: string) => {
    const found = strptimeTest(format);
    return typeof found === 'function' && found(text);
  };
  expect(['2024-1-5', ' 2024-01-05', '2023-02-29', '2024-02-29'].map((text) => matches('%Y-%m-%d', text))).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect(matches('%d %b %Y', '5 JAN 2024')).toBe(true);
  expect(strptimeTest('%e')).toHaveProperty('problem');
});

test('conditions on rows are read as pandas reads them, or refused', () => {
  expect(pandasQuery('month >= 6 and month <= 8')).toMatchObject({ kind: 'and' });
  expect(pandasQuery('1 < a < 3 or not `b c` in ["x", 2]')).toMatchObject({
    kind: 'or',
    all: [{ kind: 'and' }, { kind: 'not', one: { kind: 'in', column: 'b c', values: ['x', 2] } }],
  });
  expect(pandasQuery('~a.isnull()')).toEqual({ kind: 'not', one: { kind: 'null', column: 'a', not: false } });
  expect(rowConditionOf('col("a") != "x"', 'great_expectations')).toMatchObject({
    operator: '!=',
    right: { value: 'x' },
  });
  for (const bad of ['a.str.len() > 3', 'a + 1 > 2', '@x > 1', 'a >', '(a > 1', "a > 'b", '__import__("os")'])
    expect(() => pandasQuery(bad)).toThrow(/not understood/);
  expect(() => rowConditionOf({ type: 'or', conditions: [{ type: 'or', conditions: [] }] })).toThrow(
    'cannot contain or',
  );
});

test('the nearest name is one that a slip makes of it', () => {
  expect(nearest('dep_delay', ['arr_delay', 'dep_dealy', 'day'])).toBe('dep_dealy');
  expect(nearest('id', ['name', 'seats'])).toBeNull();
});

test('times without a zone are UTC', () => {
  expect(parseTime('2026-01-31', 'x')).toBe(Date.UTC(2026, 0, 31));
  expect(parseTime('2026-01-31 10:00', 'x')).toBe(Date.UTC(2026, 0, 31, 10));
  expect(parseTime('2026-01-31T10:00:00+02:00', 'x')).toBe(Date.UTC(2026, 0, 31, 8));
  for (const bad of ['2026-02-30', 'now', '', '31.1.2026', '2026-13-01'])
    expect(() => parseTime(bad, 'x')).toThrow('not a date');
  expect([timeText(0), timeText(3_600_000)]).toEqual(['1970-01-01', '1970-01-01T01:00:00Z']);
});

test('a glob', () => {
  const matches = (pattern: string, path: string) => globPattern(pattern).test(path);
  expect(matches('*.csv', 'a.csv')).toBe(true);
  expect(matches('*.csv', 'a/b.csv')).toBe(false);
  expect(matches('*.csv', '.a.csv')).toBe(false);
  expect(matches('**/*.csv', 'a.csv')).toBe(true);
  expect(matches('**/*.csv', 'a/b/c.csv')).toBe(true);
  expect(matches('2026-??/x.(1).csv', '2026-01/x.(1).csv')).toBe(true);
  expect(matches('a/**', 'a/b/c')).toBe(true);
});
