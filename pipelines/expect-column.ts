/** What is expected of one column. */

import {
  type Entry,
  type Expected,
  expected,
  type Kwargs,
  type Mostly,
  mostlyOf,
  type Range,
  rangeOf,
  rowsOf,
  type Where,
} from './expected.ts';
import { callSite } from './graph/call-site.ts';
import { definitionError, shownValue } from './graph/definition-error.ts';

type Scalar = string | number | boolean;
/** What is expected of a distribution: how much weight each value, or each bin between rising edges, has. */
type Distribution = ({ values: readonly Scalar[] } | { bins: readonly number[] }) & {
  weights: readonly number[];
  /** Below the first and above the last edge. */
  tailWeights?: readonly [number, number];
};

/**
 * What is expected of one column's values. Nulls do not count, except where they are the matter.
 * @example
 * ```ts
 * const age: ColumnExpectations = expect.column('age');
 * const expectations = [age.notNull(), age.between(18, 120, { mostly: 0.99 }).quarantine()];
 * ```
 */
export interface ColumnExpectations {
  /** Neither bound is needed, but one of them is; bounds belong to the range unless strict. */
  between(
    min: number | string | null,
    max: number | string | null,
    options?: Mostly & { strictMin?: boolean; strictMax?: boolean },
  ): Expected;
  notNull(options?: Mostly): Expected;
  null(options?: Mostly): Expected;
  unique(options?: Mostly): Expected;
  oneOf(values: readonly Scalar[], options?: Mostly): Expected;
  noneOf(values: readonly Scalar[], options?: Mostly): Expected;
  /** Found anywhere in the text, as Python's `re.search` reads it: anchor with ^ and $. Several: any of them, or all. */
  matches(pattern: string | RegExp | readonly (string | RegExp)[], options?: Mostly & { all?: boolean }): Expected;
  matchesNot(pattern: string | RegExp | readonly (string | RegExp)[], options?: Mostly): Expected;
  /** Of the text, in code points. */
  length(range: number | { min?: number; max?: number }, options?: Mostly): Expected;
  /** As Python's `strptime` reads it: `%Y-%m-%d`. */
  timeFormat(format: string, options?: Mostly): Expected;
  /** Any usual way of writing a date or time. */
  date(options?: Mostly): Expected;
  json(options?: Mostly): Expected;
  increasing(options?: Mostly & { strictly?: boolean }): Expected;
  decreasing(options?: Mostly & { strictly?: boolean }): Expected;
  /** Standard deviations from the mean, or above it. */
  zScoreBelow(threshold: number, options?: Mostly & { doubleSided?: boolean }): Expected;
  /** DuckDB's type name (BIGINT, DOUBLE, VARCHAR, TIMESTAMP …), or pandas'. Several: any of them. */
  type(name: string | readonly string[]): Expected;
  exists(options?: { index?: number }): Expected;

  min(range: Range): Expected;
  max(range: Range): Expected;
  mean(range: Range): Expected;
  median(range: Range): Expected;
  sum(range: Range<number>): Expected;
  stdev(range: Range<number>): Expected;
  distinctCount(range: Range<number>): Expected;
  /** Of the values that are not missing, 0 to 1. */
  distinctShare(range: Range<number>): Expected;
  nonNullShare(range: Range<number>): Expected;
  /** `{ 0.5: [10, 20], 0.99: [null, 100] }` */
  quantiles(ranges: Readonly<Record<number, readonly [number | null, number | null]>>, options?: Where): Expected;
  mostCommonIn(values: readonly Scalar[], options?: Where & { tiesOkay?: boolean }): Expected;
  distinctIn(values: readonly Scalar[], options?: Where): Expected;
  distinctContain(values: readonly Scalar[], options?: Where): Expected;
  distinctEqual(values: readonly Scalar[], options?: Where): Expected;
  /** Kullback-Leibler divergence from a stated distribution, in nats. */
  divergence(from: Distribution, atMost: number, options?: Where & { holdout?: number }): Expected;
}

export function column(name: string): ColumnExpectations {
  if (typeof name !== 'string' || !name)
    throw definitionError(
      callSite(column),
      `expect.column(…) was given ${shownValue(name)}: a column's name is wanted.`,
    );
  const what = `column ${name}`;
  const values = (type: string, kwargs: Kwargs, entry: Entry, options: Mostly = {}) =>
    expected(
      `expect_column_${type}` as Parameters<typeof expected>[0],
      { column: name, ...kwargs, ...mostlyOf(options, what, entry) },
      what,
      entry,
    );
  const figure = (type: string, range: Range, entry: Entry) =>
    expected(
      `expect_column_${type}_to_be_between` as Parameters<typeof expected>[0],
      { column: name, ...rangeOf(range, `${type} of ${what}`, entry), ...rowsOf(range) },
      what,
      entry,
    );
  const some = (given: readonly Scalar[], method: string, entry: Entry) => {
    if (!Array.isArray(given) || given.length === 0)
      throw definitionError(
        callSite(entry),
        `${method}(…) of ${what} was given ${shownValue(given)}: at least one value is wanted.`,
      );
    return { value_set: [...given] };
  };
  const patterns = (given: string | RegExp | readonly (string | RegExp)[], entry: Entry) =>
    (Array.isArray(given) ? given : [given]).map((each: string | RegExp) => regexText(each, name, entry));
  return {
    between: function between(min, max, options = {}) {
      const { strictMin, strictMax } = options;
      const range = {
        ...(min === null ? {} : { min }),
        ...(max === null ? {} : { max }),
        strictMin,
        strictMax,
      } as Range;
      return values('values_to_be_between', rangeOf(range, `between(…) of ${what}`, between), between, options);
    },
    notNull: function notNull(options) {
      return values('values_to_not_be_null', {}, notNull, options);
    },
    null: function isNull(options) {
      return values('values_to_be_null', {}, isNull, options);
    },
    unique: function unique(options) {
      return values('values_to_be_unique', {}, unique, options);
    },
    oneOf: function oneOf(set, options) {
      return values('values_to_be_in_set', some(set, 'oneOf', oneOf), oneOf, options);
    },
    noneOf: function noneOf(set, options) {
      return values('values_to_not_be_in_set', some(set, 'noneOf', noneOf), noneOf, options);
    },
    matches: function matches(pattern, options = {}) {
      const texts = patterns(pattern, matches);
      return texts.length === 1
        ? values('values_to_match_regex', { regex: texts[0] }, matches, options)
        : values(
            'values_to_match_regex_list',
            { regex_list: texts, match_on: options.all ? 'all' : 'any' },
            matches,
            options,
          );
    },
    matchesNot: function matchesNot(pattern, options) {
      const texts = patterns(pattern, matchesNot);
      return texts.length === 1
        ? values('values_to_not_match_regex', { regex: texts[0] }, matchesNot, options)
        : values('values_to_not_match_regex_list', { regex_list: texts }, matchesNot, options);
    },
    length: function length(range, options) {
      return typeof range === 'number'
        ? values('value_lengths_to_equal', { value: range }, length, options)
        : values('value_lengths_to_be_between', rangeOf(range, `length(…) of ${what}`, length), length, options);
    },
    timeFormat: function timeFormat(format, options) {
      return values('values_to_match_strftime_format', { strftime_format: format }, timeFormat, options);
    },
    date: function date(options) {
      return values('values_to_be_dateutil_parseable', {}, date, options);
    },
    json: function json(options) {
      return values('values_to_be_json_parseable', {}, json, options);
    },
    increasing: function increasing(options = {}) {
      return values('values_to_be_increasing', { strictly: options.strictly }, increasing, options);
    },
    decreasing: function decreasing(options = {}) {
      return values('values_to_be_decreasing', { strictly: options.strictly }, decreasing, options);
    },
    zScoreBelow: function zScoreBelow(threshold, options = {}) {
      const { doubleSided = true } = options;
      return values('value_z_scores_to_be_less_than', { threshold, double_sided: doubleSided }, zScoreBelow, options);
    },
    type: function type(wanted) {
      return typeof wanted === 'string'
        ? values('values_to_be_of_type', { type_: wanted }, type)
        : values('values_to_be_in_type_list', { type_list: [...wanted] }, type);
    },
    exists: function exists(options = {}) {
      return expected('expect_column_to_exist', { column: name, column_index: options.index }, what, exists);
    },
    min: function min(range) {
      return figure('min', range, min);
    },
    max: function max(range) {
      return figure('max', range, max);
    },
    mean: function mean(range) {
      return figure('mean', range, mean);
    },
    median: function median(range) {
      return figure('median', range, median);
    },
    sum: function sum(range) {
      return figure('sum', range, sum);
    },
    stdev: function stdev(range) {
      return figure('stdev', range, stdev);
    },
    distinctCount: function distinctCount(range) {
      return figure('unique_value_count', range, distinctCount);
    },
    distinctShare: function distinctShare(range) {
      return figure('proportion_of_unique_values', range, distinctShare);
    },
    nonNullShare: function nonNullShare(range) {
      return figure('proportion_of_non_null_values', range, nonNullShare);
    },
    quantiles: function quantiles(ranges, options) {
      const order = Object.keys(ranges)
        .map(Number)
        .sort((a, b) => a - b);
      const value_ranges = order.map((quantile) => [...(ranges[quantile] ?? [])]);
      return values(
        'quantile_values_to_be_between',
        { quantile_ranges: { quantiles: order, value_ranges } },
        quantiles,
        options,
      );
    },
    mostCommonIn: function mostCommonIn(set, options = {}) {
      const kwargs = { ...some(set, 'mostCommonIn', mostCommonIn), ties_okay: options.tiesOkay };
      return values('most_common_value_to_be_in_set', kwargs, mostCommonIn, options);
    },
    distinctIn: function distinctIn(set, options) {
      return values('distinct_values_to_be_in_set', some(set, 'distinctIn', distinctIn), distinctIn, options);
    },
    distinctContain: function distinctContain(set, options) {
      return values(
        'distinct_values_to_contain_set',
        some(set, 'distinctContain', distinctContain),
        distinctContain,
        options,
      );
    },
    distinctEqual: function distinctEqual(set, options) {
      return values('distinct_values_to_equal_set', some(set, 'distinctEqual', distinctEqual), distinctEqual, options);
    },
    divergence: function divergence({ tailWeights, ...from }, atMost, options = {}) {
      const partition_object = { ...from, ...(tailWeights ? { tail_weights: [...tailWeights] } : {}) };
      const kwargs = { partition_object, threshold: atMost, tail_weight_holdout: options.holdout };
      return values('kl_divergence_to_be_less_than', kwargs, divergence, options);
    },
  };
}

function regexText(pattern: string | RegExp, name: string, entry: Entry): string {
  if (typeof pattern === 'string') return pattern;
  const flags = pattern.flags.replace(/[gu]/g, '');
  if (/[^ims]/.test(flags))
    throw definitionError(
      callSite(entry),
      `matches(…) of column ${name} has the flag ${flags}: only i, m and s can be carried over. Write the pattern without it.`,
    );
  return flags ? `(?${flags})${pattern.source}` : pattern.source;
}
