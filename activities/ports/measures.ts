/** What an expectation wants measured on a table, in the table's own terms: the data host turns it into aggregates. */
import type { Figure } from '#contracts/data.ts';

/** Bounds, inclusive unless strict. A string bound is a time (ISO 8601) and is compared with columns of times only. */
export interface Bounds {
  readonly min?: number | string | undefined;
  readonly max?: number | string | undefined;
  readonly strictMin?: boolean | undefined;
  readonly strictMax?: boolean | undefined;
}

export type Scalar = string | number | boolean | null;

/** What a value must be. A value that is null (or NaN) is tested by `null` and `notNull` only. */
export type ValueTest = PresenceTest | ComparisonTest;
type PresenceTest = { readonly is: 'null' } | { readonly is: 'notNull' } | { readonly is: 'unique' };
export type ComparisonTest =
  | ({ readonly is: 'between' } & Bounds)
  | ({ readonly is: 'length' } & Bounds)
  /** No coercion between numbers and texts: "1" is not 1; true is 1. */
  | { readonly is: 'in' | 'notIn'; readonly values: readonly Scalar[] }
  /** Found anywhere in the text of the value, as Python's `re.search`; see adapters/duckdb/regex.ts for the dialect. */
  | { readonly is: 'matches' | 'notMatches'; readonly regex: string };

export type Statistic = 'min' | 'max' | 'mean' | 'median' | 'sum' | 'stdev' | 'distinct' | 'nonNull';

export type Measure =
  | { readonly of: 'rows' }
  | { readonly of: 'values'; readonly column: string; readonly test: ValueTest }
  /** Over values that are not null. stdev: n − 1; median: mean of the middle two. */
  | { readonly of: Statistic; readonly column: string };

/** How many values break a test, and the first of them. */
interface Unexpected {
  readonly rows: number;
  readonly nonNull: number;
  readonly unexpected: number;
  /** Up to five, as text, in file order; empty for `null`. */
  readonly samples: readonly string[];
  /** Row of the first one, from 1; null when there is none or when it is not known (`unique`). */
  readonly firstRow: number | null;
}

export type Answer =
  | { readonly value: Figure | string | null }
  | Unexpected
  /** The measure makes no sense here (a mean of texts): why, in words. */
  | { readonly problem: string };
