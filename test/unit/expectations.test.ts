import { describe, expect, test } from 'vitest';
import { definitions } from '#activities/data/expectations/registry.ts';
import { suiteOf } from '#activities/data/expectations/suite.ts';
import { globPattern } from '#activities/data/glob.ts';
import { nearest } from '#activities/data/nearest.ts';
import { parseTime, timeText } from '#activities/data/time.ts';
import type { Answer } from '#activities/ports/measures.ts';
import { regexForRe2 } from '#adapters/duckdb/regex.ts';

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
  nonNull,
  unexpected,
  samples: ['7'],
  firstRow: 3,
});

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
      unexpectedCount: 1,
      unexpectedPercent: 10,
    });
    expect(judge('expect_column_values_to_not_be_null', { column: 'a', mostly: 0.8 }, [tested(2)])).toMatchObject({
      success: true,
      unexpectedPercent: (2 / 12) * 100,
    });
  });

  test('of no values succeeds without a percentage', () => {
    expect(judge('expect_column_values_to_be_in_set', { column: 'a', value_set: [1] }, [tested(0, 0)])).toMatchObject({
      success: true,
      unexpectedPercent: null,
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
    expect(max(null, {})).toMatchObject({ success: false, observed: null });
  });

  test('compare times as instants, and refuse what cannot be compared', () => {
    expect(max('2026-01-01T00:00:00.000Z', { max_value: '2026-01-01' })?.success).toBe(true);
    expect(max('2026-01-01T00:00:00.000Z', { max_value: '2026-01-01T00:30:00+01:00' })?.success).toBe(false);
    expect(max('text', { max_value: 3 })?.message).toContain('cannot be compared');
    expect(max('NaN', { max_value: 3 })?.success).toBe(false);
  });
});

test('shares, sums and counts of nothing are 0', () => {
  const answers: Answer[] = [{ value: 0 }, { value: 0 }];
  expect(
    judge('expect_column_proportion_of_unique_values_to_be_between', { column: 'a', min_value: 0 }, answers),
  ).toMatchObject({ success: true, observed: 0 });
});

test('a problem of the measure is the message', () => {
  expect(judge('expect_column_mean_to_be_between', { column: 't' }, [{ problem: 't has no mean' }])).toMatchObject({
    success: false,
    message: 't has no mean',
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
    observed: 100,
    message: 'wanted between 1 and 99 rows; there are 100',
  });
  expect(judge('expect_table_columns_to_match_ordered_list', { column_list: ['t', 'a'] })?.success).toBe(false);
  expect(judge('expect_table_columns_to_match_set', { column_set: ['t', 'a'] })?.success).toBe(true);
  expect(judge('expect_table_columns_to_match_set', { column_set: ['t'] })?.message).toBe('nobody asked for a');
  expect(judge('expect_column_to_exist', { column: 'a', column_index: 1 })?.message).toContain('it is column 0');
});

test('answers go to the expectations that asked, also past one whose column is missing', () => {
  const suite = suiteOf([
    { type: 'expect_column_values_to_be_unique', kwargs: { column: 'gone' }, severity: 'warn' },
    { type: 'expect_column_max_to_be_between', kwargs: { column: 'a', max_value: 1 }, severity: 'fail' },
  ]);
  expect(suite.measures(table)).toEqual([{ of: 'max', column: 'a' }]);
  expect(suite.judge([{ value: 2 }], table).map(({ success, message }) => [success, message])).toEqual([
    [false, 'column gone is missing; there are a, t'],
    [false, 'a: wanted a greatest value at most 1; it is 2'],
  ]);
});

test('every definition refuses arguments that it does not know', () => {
  for (const definition of definitions.values()) expect(() => definition.bind({ column: 'a', surprise: 1 })).toThrow();
});

test('a pattern of Python is one of RE2', () => {
  expect(regexForRe2('^\\w+$')).toEqual({ pattern: '^[\\p{L}\\p{N}_]+(?:\\n?\\z)' });
  expect(regexForRe2('[^\\d-]\\$')).toEqual({ pattern: '[^\\p{Nd}-]\\$' });
  expect(regexForRe2('[]$]')).toEqual({ pattern: '[\\]$]' });
  expect(regexForRe2('(?<=a)b')).toHaveProperty('problem');
  expect(regexForRe2('(a)\\1')).toHaveProperty('problem');
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
