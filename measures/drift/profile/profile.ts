/**
 * What is kept of a table to compare others with it: of each column the distinct values and their counts. Two profiles
 * merge into that of both tables' rows together, whatever their order.
 */

/**
 * Values that a stored profile keeps of a column. Above, numbers go into cells of equal width, and texts into buckets:
 * the smallest power of two for a width with which no more cells are needed.
 */
export const MOST_VALUES = 32_768;

interface ColumnBase {
  readonly name: string;
  /** DuckDB's. */
  readonly type: string;
  /** NULL and NaN. */
  readonly nulls: number;
}

export interface NumberColumn extends ColumnBase {
  readonly of: 'numbers';
  readonly time: boolean;
  readonly infinite: number;
  /** Width of a cell; 0: the values themselves. */
  readonly step: number;
  /** Rising: the values, or the lower edges of the cells, which are multiples of `step`. */
  readonly values: Float64Array;
  readonly counts: Uint32Array;
  /** Finite; NaN without any. */
  readonly min: number;
  readonly max: number;
}

export interface TextColumn extends ColumnBase {
  readonly of: 'texts';
  readonly boolean: boolean;
  /** Distinct values; about, unless all are listed. */
  readonly distinct: number;
  /** `values`: listed by value. `buckets`: 65,536 counts by hash. `none`: more than half of them are distinct. */
  readonly kept: 'values' | 'buckets' | 'none';
  readonly values: readonly string[];
  readonly counts: Float64Array;
}

interface OtherColumn extends ColumnBase {
  readonly of: 'other';
}

export type ProfileColumn = NumberColumn | TextColumn | OtherColumn;

export interface Profile {
  readonly rows: number;
  /** ISO: when its files were made, the first and the last of them; absent where none says. */
  readonly made?: readonly [string, string];
  readonly columns: ReadonlyMap<string, ProfileColumn>;
}
