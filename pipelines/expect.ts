/** Expectations in Great Expectations' names and shape, written in TypeScript. */
import type { Expectation } from '#contracts/validation.ts';
import { callSite } from './graph/call-site.ts';
import { definitionError, shownValue } from './graph/definition-error.ts';

/** An expectation; `.warn()` gives the same one that reports instead of failing the run. */
export type Expected = Expectation & { warn(): Expected };
export interface Mostly {
  /** Share of the rows for which it must hold, above 0 up to 1. Default 1. Nulls do not count, except for notNull. */
  mostly?: number;
}
type Kwargs = Record<string, string | number | boolean | readonly (string | number | boolean)[] | undefined>;

/** What is expected of one column's values. */
export interface ColumnExpectations {
  /** Neither bound is needed, but one of them is; bounds belong to the range unless strict. */
  between(
    min: number | string | null,
    max: number | string | null,
    options?: Mostly & { strictMin?: boolean; strictMax?: boolean },
  ): Expected;
  notNull(options?: Mostly): Expected;
  unique(options?: Mostly): Expected;
  oneOf(values: readonly (string | number | boolean)[], options?: Mostly): Expected;
  /** Found anywhere in the text, as DuckDB's RE2 reads it: anchor with ^ and $. */
  matches(pattern: string | RegExp, options?: Mostly): Expected;
  /** DuckDB's type name: BIGINT, DOUBLE, VARCHAR, TIMESTAMP … */
  type(name: string): Expected;
  exists(): Expected;
}

function column(name: string): ColumnExpectations {
  if (typeof name !== 'string' || !name)
    throw definitionError(
      callSite(column),
      `expect.column(…) was given ${shownValue(name)}: a column's name is wanted.`,
    );
  const values = (type: string, kwargs: Kwargs, entry: (...args: never[]) => unknown, { mostly }: Mostly = {}) => {
    if (mostly !== undefined && !(mostly > 0 && mostly <= 1))
      throw definitionError(
        callSite(entry),
        `mostly of column ${name} is ${shownValue(mostly)}: a share above 0 up to 1 is wanted.`,
      );
    return expectation(`expect_column_values_to_${type}`, { column: name, ...kwargs, mostly });
  };
  return {
    between: function between(min, max, options = {}) {
      bounds(min, max, `between(…) of column ${name}`, between);
      const { strictMin, strictMax } = options;
      return values(
        'be_between',
        { min_value: min ?? undefined, max_value: max ?? undefined, strict_min: strictMin, strict_max: strictMax },
        between,
        options,
      );
    },
    notNull: function notNull(options) {
      return values('not_be_null', {}, notNull, options);
    },
    unique: function unique(options) {
      return values('be_unique', {}, unique, options);
    },
    oneOf: function oneOf(set, options) {
      if (!Array.isArray(set) || set.length === 0)
        throw definitionError(
          callSite(oneOf),
          `oneOf(…) of column ${name} was given ${shownValue(set)}: at least one value is wanted.`,
        );
      return values('be_in_set', { value_set: [...set] }, oneOf, options);
    },
    matches: function matches(pattern, options) {
      return values('match_regex', { regex: regexText(pattern, name, matches) }, matches, options);
    },
    type: function type(wanted) {
      return values('be_of_type', { type_: wanted }, type);
    },
    exists: () => expectation('expect_column_to_exist', { column: name }),
  };
}

export const expect = {
  column,
  /** The table has these columns, in any order, and with `exact` (default) no others. */
  columns: (names: readonly string[], options: { exact?: boolean } = {}): Expected =>
    expectation('expect_table_columns_to_match_set', { column_set: [...names], exact_match: options.exact ?? true }),
  rowCount: function rowCount(options: { min?: number; max?: number }): Expected {
    bounds(options.min ?? null, options.max ?? null, 'rowCount(…)', rowCount);
    return expectation('expect_table_row_count_to_be_between', { min_value: options.min, max_value: options.max });
  },
};

function expectation(type: string, kwargs: Kwargs, severity: 'fail' | 'warn' = 'fail'): Expected {
  const given = Object.fromEntries(Object.entries(kwargs).filter(([, value]) => value !== undefined));
  const made: Expectation = { type, kwargs: given as Expectation['kwargs'], severity };
  // Not enumerable: the expectation stays plain JSON, which is all that a plan can carry.
  return Object.defineProperty(made, 'warn', { value: () => expectation(type, kwargs, 'warn') }) as Expected;
}

function bounds(
  min: number | string | null,
  max: number | string | null,
  what: string,
  entry: (...args: never[]) => unknown,
): void {
  const problem =
    min === null && max === null
      ? 'has no bound: give a least or a greatest value'
      : [min, max].some((bound) => typeof bound === 'number' && !Number.isFinite(bound))
        ? `has the bound ${[min, max].find((bound) => typeof bound === 'number' && !Number.isFinite(bound))}: use null for no bound`
        : min !== null && max !== null && min > max
          ? `has a least value (${min}) above its greatest (${max}): swap them`
          : null;
  if (problem) throw definitionError(callSite(entry), `${what} ${problem}.`);
}

function regexText(pattern: string | RegExp, name: string, entry: (...args: never[]) => unknown): string {
  if (typeof pattern === 'string') return pattern;
  const flags = pattern.flags.replace(/[gu]/g, '');
  if (/[^ims]/.test(flags))
    throw definitionError(
      callSite(entry),
      `matches(…) of column ${name} has the flag ${flags}: only i, m and s can be carried over. Write the pattern without it.`,
    );
  return flags ? `(?${flags})${pattern.source}` : pattern.source;
}
