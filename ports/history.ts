/** Features of the past: what was known of each entity at each moment that is asked for. */
import type { AggregateFeature } from '#features/aggregates.ts';
import type { OnDemand } from '#features/on-demand.ts';
import type { RowFunction } from '#features/row-function.ts';
import type { FeatureType, ValueType } from '#features/value-types.ts';
import type { JoinedView, TableFacts } from './tables.ts';

interface HistoryWindow {
  readonly feature: AggregateFeature;
  /** Name in the result. */
  readonly name: string;
}

/** A view whose rows have a time; `bring` are values of its newest row, `windows` are over its events. */
export interface HistoryView extends JoinedView {
  readonly time: string;
  readonly windows: readonly HistoryWindow[];
  /** Declared types of the columns that windows read. */
  readonly columns: Readonly<Record<string, ValueType>>;
}

export interface HistoryRequest {
  /** Parquet: a row for each answer. */
  readonly file: string;
  /** Its column of times. */
  readonly time: string;
  readonly views: readonly HistoryView[];
  /** Columns of the answer: of the file as they are (`type` null), or what a view brings under `name`, as `type`. */
  readonly select: readonly { readonly from: string; readonly name: string; readonly type: FeatureType | null }[];
  /** Parquet to write: all rows of the file, in their order. */
  readonly to: string;
}

export interface History extends TableFacts {
  /** Share of the rows that found a row in each view that brings values; 0 without rows. */
  readonly matched: Readonly<Record<string, number>>;
  /** Rows without a time: they have no features. */
  readonly withoutTime: number;
}

/** Of the rows of a source that have keys and a time; times in µs since 1970 UTC, null without rows. */
export interface EntitySample {
  readonly rows: number;
  readonly entities: number;
  readonly oldest: number | null;
  readonly newest: number | null;
  /** The newest `created`; null without such a column, too. */
  readonly written: number | null;
  /** The moment of the chosen entities. */
  readonly at: number;
}

/** As `Tables`, of the entities of a source. */
export interface EntitySampling {
  /**
   * Writes an even choice of at most `most` entities of a source, always the same, with a moment: `moment`, in µs since 1970, or null for the first one
   * at which all its rows are known, `delay` µs after the newest.
   */
  sampleEntities(
    request: {
      readonly file: string;
      readonly keys: readonly string[];
      readonly time: string;
      readonly created: string | null;
      readonly delay: number;
      readonly moment: number | null;
      readonly most: number;
      /** Parquet to write: the keys, and the moment under the name `as`. */
      readonly to: string;
      readonly as: string;
    },
    signal?: AbortSignal,
  ): Promise<EntitySample>;
}

/** As `Tables`, of features. */
export interface Histories {
  /** What was known of each row's entities at its time. The caller has checked the names; see activities/features/history. */
  history(request: HistoryRequest, signal?: AbortSignal): Promise<History>;
}

/** One vector of a row, and what is computed of it: values as `ValueOf` says. */
export type VectorFunction = RowFunction;

export interface ExtendRequest {
  /** Parquet. */
  readonly file: string;
  /** Its column of times; null in a row that has none. */
  readonly time: string;
  /** Whose outputs these are. */
  readonly onDemand: readonly OnDemand[];
  /** Name in the vector → column of the file and its type. */
  readonly inputs: Readonly<Record<string, { readonly column: string; readonly type: FeatureType }>>;
  readonly outputs: Readonly<Record<string, ValueType>>;
  /** Columns of the answer, of the file or of the outputs. */
  readonly select: readonly { readonly from: string; readonly name: string; readonly computed: boolean }[];
  /** Parquet to write. */
  readonly to: string;
}

/** Vectors that another process computes of: a line of JSON for each row, values as `features/vector-text.ts` says. */
export interface Vectors {
  /** Writes `{ row, at, i0, i1, … }`, the inputs in the request's order; gives the number of rows. */
  vectors(
    request: Pick<ExtendRequest, 'file' | 'time' | 'inputs'> & { to: string },
    signal?: AbortSignal,
  ): Promise<number>;
  /** @param request `computed`: `{ row, o0, o1, … }` of every row, the outputs in the request's order */
  extended(request: Omit<ExtendRequest, 'onDemand'> & { computed: string }, signal?: AbortSignal): Promise<TableFacts>;
}

/**
 * Rows extended by what a function computes of each: nothing that a data host could be asked for.
 * @param compute what the caller's process has of `request.onDemand`
 */
export interface Extending {
  extend(request: ExtendRequest, compute: VectorFunction, signal: AbortSignal): Promise<TableFacts>;
}
