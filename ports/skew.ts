/** What was served, beside what history says of the same moments. */
import type { FeatureType } from '#features/value-types.ts';
import type { TableFacts } from './tables.ts';

export interface SampledRequest {
  /** JSON lines of `SampledVector`s, of one service and version. */
  readonly files: readonly string[];
  /** Field → the column of the answer, and what its texts are read as. A field that a vector does not have is null. */
  readonly fields: Readonly<Record<string, { readonly column: string; readonly type: FeatureType }>>;
  /** Vectors of [from, to), ISO. */
  readonly from: string;
  readonly to: string;
  /** Most rows: the newest are taken. */
  readonly most: number;
  /** Parquet to write, by time. */
  readonly file: string;
}

export interface SkewRequest {
  /** Parquet. */
  readonly file: string;
  /** What tells people which vector it is: columns of the file. */
  readonly shown: readonly string[];
  readonly pairs: readonly {
    /** `view:feature`. */
    readonly feature: string;
    readonly type: FeatureType;
    readonly served: string;
    readonly recomputed: string;
  }[];
  /** Of float64: so far apart, relative to the larger one, two are the same. */
  readonly tolerance: number;
  /** Vectors shown of each feature that differs. */
  readonly examples: number;
}

export interface SkewOfFeature {
  readonly feature: string;
  readonly vectors: number;
  /** Of these, those where the two differ; `missing`: only history has a value; `extra`: only what was served has one; `nulls`: what was served has none. */
  readonly differ: number;
  readonly missing: number;
  readonly extra: number;
  readonly nulls: number;
  /** The newest that differ, as texts. */
  readonly examples: readonly {
    readonly of: Readonly<Record<string, string | null>>;
    readonly served: string | null;
    readonly recomputed: string | null;
  }[];
}

/** Sources, each one Parquet file. */
export interface NewestRequest {
  readonly sources: readonly {
    readonly file: string;
    /** Columns of when a row happened, and of when it was written; null: what happened was known at once. */
    readonly time: string;
    readonly created: string | null;
  }[];
  /** ISO: what happened or was written later was not there yet. */
  readonly until: string;
}

export interface Skews {
  /** Of each source when its newest row happened, ms since 1970; null: there was none. */
  newest(request: NewestRequest, signal?: AbortSignal): Promise<readonly (number | null)[]>;
  /** Vectors as a table. */
  sampled(request: SampledRequest, signal?: AbortSignal): Promise<TableFacts>;
  skew(request: SkewRequest, signal?: AbortSignal): Promise<readonly SkewOfFeature[]>;
}
