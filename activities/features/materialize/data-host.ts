/** What the data host is told; `place` is where the online store is, which only whoever opens it understands. */
import type { SkippedRows } from '#contracts/materialize.ts';
import type { FeatureView } from '#features/feature-view.ts';
import type { NewestRowsRequest, TypedColumn } from '#ports/newest-rows.ts';

export interface MaterializeUnread<Place> {
  readonly place: Place;
  readonly view: string;
  /** Digest of what the view makes of a row. */
  readonly definition: string;
  readonly files: readonly { readonly label: string; readonly version: string }[];
  /** µs since 1970 UTC. */
  readonly now: bigint;
}

export interface MaterializeRead {
  readonly definition: string;
  readonly files: readonly {
    readonly label: string;
    readonly version: string;
    /** Of a local file: where it lies, and its size and change time as it was listed. */
    readonly path: string | null;
    readonly stamp: string;
  }[];
}

export interface MaterializeRows<Place> {
  readonly place: Place;
  readonly view: string;
  /** Parquet. */
  readonly files: readonly string[];
  readonly request: NewestRowsRequest;
  /** Of the keys and features of the request, in their order. */
  readonly names: { readonly keys: readonly string[]; readonly features: readonly string[] };
  /** What is read for its windows: the files are all of the source then. Null: it has none. */
  readonly windows: { readonly view: FeatureView; readonly columns: readonly TypedColumn[] } | null;
  /** What is read with it; null: a stretch of time, which does not count. */
  readonly cursor: MaterializeRead | null;
  readonly now: bigint;
}

export interface RowsWritten extends SkippedRows {
  readonly rows: number;
  readonly written: number;
  readonly older: number;
  /** That windows may see. */
  readonly events: number;
}

/** Where the functions are that it runs: `unread`, `materializeRows`, `materialized`. */
export interface MaterializeHost<Place> {
  /** `file:` URL. */
  readonly module: string;
  /** @throws UserError InvalidInput for an address that names no store */
  place(address: string | null): Place;
}

/** Of a local file: another one for other bytes. The change time, not the modification's: a file that is moved here keeps that of its old place. */
export const stampOf = (size: number, changed: Date): string => `${size}-${changed.getTime()}`;
