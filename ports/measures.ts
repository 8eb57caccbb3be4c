/** What an expectation wants measured on a table, in the table's own terms: the data host turns it into few scans. */
import type { RowCondition, Scalar } from '#expectations/condition.ts';

/** Bounds, inclusive unless strict. A string bound is a time (ISO 8601) and is compared with columns of times only. */
export interface Bounds {
  readonly min?: number | string | undefined;
  readonly max?: number | string | undefined;
  readonly strictMin?: boolean | undefined;
  readonly strictMax?: boolean | undefined;
}

/** What must be true of a row that counts. One column unless it says otherwise. NaN is null throughout. */
export type RowTest =
  | { readonly is: 'null' | 'notNull' }
  /** No other row that counts has the same values, over all columns of the test; nulls are equal. */
  | { readonly is: 'unique' }
  | ({ readonly is: 'between' } & Bounds)
  /** Of the value's text, in code points. */
  | ({ readonly is: 'length' } & Bounds)
  /** No coercion between numbers and texts: "1" is not 1; true is 1. */
  | { readonly is: 'in'; readonly values: readonly Scalar[]; readonly not: boolean }
  /** Python's `re.search` in the value's text, of any or all patterns. */
  | { readonly is: 'matches'; readonly regexes: readonly string[]; readonly all: boolean; readonly not: boolean }
  | { readonly is: 'strptime'; readonly format: string }
  | { readonly is: 'dateutil' | 'json' }
  /** Against the row before it that counts. */
  | { readonly is: 'ordered'; readonly descending: boolean; readonly strictly: boolean }
  /** (value − mean) ÷ standard deviation, below the threshold. Always true where the deviation is 0 or unknown. */
  | { readonly is: 'zScore'; readonly threshold: number; readonly doubleSided: boolean }
  /** Two columns: the first against the second. */
  | { readonly is: 'greater'; readonly orEqual: boolean }
  | { readonly is: 'equal' }
  | { readonly is: 'pairIn'; readonly pairs: readonly (readonly [Scalar, Scalar])[] }
  /** Several columns: their sum; their values differ from each other. */
  | { readonly is: 'sum'; readonly total: number }
  | { readonly is: 'distinctWithin' };

export interface TestMeasure {
  readonly of: 'test';
  readonly columns: readonly string[];
  readonly test: RowTest;
  /** Rows that do not count: with a null in any, in all, or none. */
  readonly ignore: 'any' | 'all' | 'never';
  readonly where?: RowCondition | undefined;
}

/** Over values that are not null. stdev: n − 1; median: mean of the middle two. */
export type Statistic = 'min' | 'max' | 'mean' | 'median' | 'sum' | 'stdev' | 'distinct' | 'nonNull';

export type Measure =
  | { readonly of: 'rows'; readonly where?: RowCondition | undefined }
  | TestMeasure
  | { readonly of: Statistic; readonly column: string; readonly where?: RowCondition | undefined }
  /** numpy's percentile of that method; of numbers, or times in ISO 8601. */
  | {
      readonly of: 'quantiles';
      readonly column: string;
      readonly quantiles: readonly number[];
      readonly method: QuantileMethod;
      readonly where?: RowCondition | undefined;
    }
  /** The most common values, sorted: several where they tie, at most 10,000. */
  | { readonly of: 'modes'; readonly column: string; readonly where?: RowCondition | undefined }
  /** How often each value occurs, sorted by value, for at most 10,000 values. */
  | { readonly of: 'counts'; readonly column: string; readonly where?: RowCondition | undefined }
  /** Distinct values against a set. */
  | {
      readonly of: 'against';
      readonly column: string;
      readonly values: readonly Scalar[];
      readonly where?: RowCondition | undefined;
    }
  /** Values in [edge, next edge), the last one closed, and outside. Edges rise. */
  | {
      readonly of: 'histogram';
      readonly column: string;
      readonly edges: readonly number[];
      readonly where?: RowCondition | undefined;
    };

export type QuantileMethod = 'nearest' | 'linear' | 'lower' | 'higher' | 'midpoint';

/** A value of the data as JSON has it: what is not finite is text, a time ISO 8601, a whole number beyond 2^53 text. */
export type Value = string | number | boolean | null;

/** How many rows break a test, and the first of them. */
export interface Tested {
  /** That the condition chose. */
  readonly rows: number;
  /** Of those, the ones that count. */
  readonly counted: number;
  readonly unexpected: number;
  /** Places of the first failing rows in the data, from 0, in order; and the test's columns there. */
  readonly places: readonly number[];
  readonly values: readonly (readonly Value[])[];
}

/** The measure makes no sense here (a mean of texts): why, in words. */
export interface Problem {
  readonly problem: string;
}

export type Answer =
  | Tested
  | { readonly value: Value }
  | { readonly list: readonly Value[] }
  | { readonly counts: readonly { readonly value: Value; readonly count: number }[] }
  /** The first 20 unexpected, sorted; the set's own that are missing. */
  | { readonly unexpected: number; readonly first: readonly Value[]; readonly missing: readonly Scalar[] }
  | { readonly bins: readonly number[]; readonly below: number; readonly above: number; readonly nonNull: number }
  | Problem;
