/** Each value of one column. Nulls are neither good nor bad, except where they are the matter. */
import type { Family } from './definition.ts';
import { boundsOf, rangeInWords } from './range.ts';
import { everyRow, listed } from './values.ts';

const value = (name: string) => `column_values.${name}.condition`;

export const columnValues: Family = {
  expect_column_values_to_not_be_null: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'notNull' },
      wanted: 'a value in every row',
      metric: value('nonnull'),
      overRows: true,
    }),
  expect_column_values_to_be_null: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'null' },
      wanted: 'no value in any row',
      metric: value('null'),
      overRows: true,
    }),
  /** All copies of a value that occurs twice are unexpected. */
  expect_column_values_to_be_unique: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'unique' },
      wanted: 'each value once',
      metric: value('unique'),
    }),
  expect_column_values_to_be_between: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'between', ...boundsOf(given) },
      wanted: rangeInWords(boundsOf(given)),
      metric: value('between'),
    }),
  expect_column_value_lengths_to_be_between: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'length', ...boundsOf(given) },
      wanted: `a length ${rangeInWords(boundsOf(given))}`,
      metric: value('value_length.between'),
    }),
  expect_column_value_lengths_to_equal: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'length', min: given.value, max: given.value },
      wanted: `a length of ${given.value}`,
      metric: value('value_length.equals'),
    }),
  /** Numbers and texts are not converted into each other; true is 1. */
  expect_column_values_to_be_in_set: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'in', values: given.value_set, not: false },
      wanted: `one of ${listed(given.value_set)}`,
      metric: value('in_set'),
    }),
  expect_column_values_to_not_be_in_set: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'in', values: given.value_set, not: true },
      wanted: `none of ${listed(given.value_set)}`,
      metric: value('not_in_set'),
    }),
  /** A pattern is found anywhere in the value's text. */
  expect_column_values_to_match_regex: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'matches', regexes: [given.regex], all: true, not: false },
      wanted: `a match of ${given.regex}`,
      metric: value('match_regex'),
    }),
  expect_column_values_to_not_match_regex: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'matches', regexes: [given.regex], all: true, not: true },
      wanted: `no match of ${given.regex}`,
      metric: value('not_match_regex'),
    }),
  expect_column_values_to_match_regex_list: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'matches', regexes: given.regex_list, all: given.match_on === 'all', not: false },
      wanted: `a match of ${given.match_on} of ${listed(given.regex_list)}`,
      metric: value('match_regex_list'),
    }),
  expect_column_values_to_not_match_regex_list: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'matches', regexes: given.regex_list, all: false, not: true },
      wanted: `no match of any of ${listed(given.regex_list)}`,
      metric: value('not_match_regex_list'),
    }),
  expect_column_values_to_match_strftime_format: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'strptime', format: given.strftime_format },
      wanted: `a time written as ${given.strftime_format}`,
      metric: value('match_strftime_format'),
    }),
  expect_column_values_to_be_dateutil_parseable: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'dateutil' },
      wanted: 'a date or time in any usual way of writing',
      metric: value('dateutil_parseable'),
    }),
  expect_column_values_to_be_json_parseable: (given) =>
    everyRow(given, { columns: [given.column], test: { is: 'json' }, wanted: 'JSON', metric: value('json_parseable') }),
  /** The row that breaks the order is the unexpected one. */
  expect_column_values_to_be_increasing: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'ordered', descending: false, strictly: given.strictly === true },
      wanted: `values that ${given.strictly ? 'rise' : 'never fall'} from row to row`,
      metric: value('increasing'),
    }),
  expect_column_values_to_be_decreasing: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'ordered', descending: true, strictly: given.strictly === true },
      wanted: `values that ${given.strictly ? 'fall' : 'never rise'} from row to row`,
      metric: value('decreasing'),
    }),
  expect_column_value_z_scores_to_be_less_than: (given) =>
    everyRow(given, {
      columns: [given.column],
      test: { is: 'zScore', threshold: given.threshold, doubleSided: given.double_sided },
      wanted: `less than ${given.threshold} standard deviations ${given.double_sided ? 'from' : 'above'} the mean`,
      metric: value('z_score.under_threshold'),
    }),
};
