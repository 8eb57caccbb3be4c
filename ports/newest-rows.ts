/** What is asked of a table that goes into an online store. */
import type { ValueType } from '#features/value-types.ts';
import type { OnlineValue } from './online-row.ts';

/** Which rows of a source are known, and by what they are named. */
export interface KnownRowsRequest {
  /** Columns that name an entity, with their declared types. */
  readonly keys: readonly TypedColumn[];
  readonly time: string;
  /** Of the time of writing; null: there is none. */
  readonly created: string | null;
  /** A row is known from when it was written on: one that does not say when is left out. */
  readonly knownByCreated: boolean;
  /** µs since 1970 UTC, both included; null: from the first row on. */
  readonly from: bigint | null;
  readonly to: bigint | null;
  /** µs since 1970 UTC: rows from after it are left out. */
  readonly until: bigint;
}

export interface NewestRowsRequest extends KnownRowsRequest {
  readonly features: readonly TypedColumn[];
}

export interface WindowEventsRequest extends KnownRowsRequest {
  /** Columns that windows and their conditions read: with key and time they tell events apart. */
  readonly columns: readonly TypedColumn[];
  /** µs since 1970 UTC: no window sees an event of then or before. */
  readonly since: bigint;
}

export interface TypedColumn {
  readonly column: string;
  readonly type: ValueType;
}

/** Columns of equal length; int64 as bigint, timestamps µs and dates days since 1970. */
interface TimedRows {
  readonly rows: number;
  /** Of `keys`, in their order. */
  readonly keys: readonly (readonly OnlineValue[])[];
  /** µs since 1970 UTC. */
  readonly times: readonly bigint[];
  readonly created: readonly (bigint | null)[];
}

export interface NewestRows extends TimedRows {
  /** Of `features`, in their order. */
  readonly features: readonly (readonly OnlineValue[])[];
}

/** Those of one key together, the oldest first. */
export interface WindowEvents extends TimedRows {
  /** Of `columns`, in their order. */
  readonly values: readonly (readonly OnlineValue[])[];
  /** 0, 1, … among those that are alike in key, time and values, over the whole table. */
  readonly ordinals: readonly number[];
}
