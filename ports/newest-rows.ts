/** What is asked of a table that goes into an online store. */
import type { ValueType } from '#features/value-types.ts';
import type { OnlineValue } from './online-row.ts';

export interface NewestRowsRequest {
  /** Columns that name an entity, with their declared types. */
  readonly keys: readonly TypedColumn[];
  readonly features: readonly TypedColumn[];
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

export interface TypedColumn {
  readonly column: string;
  readonly type: ValueType;
}

/** Columns of equal length. */
export interface NewestRows {
  readonly rows: number;
  /** Of `keys` and `features`, in their order; int64 as bigint, timestamps µs and dates days since 1970. */
  readonly keys: readonly (readonly OnlineValue[])[];
  readonly features: readonly (readonly OnlineValue[])[];
  /** µs since 1970 UTC. */
  readonly times: readonly bigint[];
  readonly created: readonly (bigint | null)[];
}
