/** What `materialize` is started with, asks for, and answers: references and counts, never a row. */

/** Which view of which definitions goes where. */
export interface MaterializeRequest {
  readonly project: string;
  readonly view: string;
  /** SHA-256 of the definitions document in the object store. */
  readonly definitions: string;
  /** Absolute: paths of sources are of this folder. */
  readonly folder: string;
  /** Address of the online store, without secrets; null: the worker's own. */
  readonly store: string | null;
  /** ISO, both ends included. With either one all files are read, and none of them counts as read. */
  readonly from: string | null;
  readonly to: string | null;
  /** Read what was read before, too. */
  readonly all: boolean;
}

/** Rows that were read and did not go into the store. */
export interface SkippedRows {
  /** A join key is null. */
  readonly withoutKey: number;
  /** No time of the event, or none of writing where that says from when on a row is known. */
  readonly withoutTime: number;
  /** Out of [from, to]. */
  readonly outside: number;
  /** Of a time that is more than five minutes ahead: their files are read again once it has come. */
  readonly ahead: number;
}

export interface MaterializeCounts extends SkippedRows {
  readonly files: number;
  readonly bytes: number;
  /** All that were read. */
  readonly rows: number;
  /** Newest rows of their entities that are now what is read. */
  readonly written: number;
  /** Newest rows of their entities in what was read, for which the store had newer ones, or the same. */
  readonly older: number;
  /** Events that windows may see: they count once, however often they are told. */
  readonly events: number;
}

export interface MaterializeProgress extends MaterializeCounts {
  /** ISO. */
  readonly startedAt: string;
  /** Files that are still to be read. */
  readonly left: number;
  /** Files that had been read before and are as they were. */
  readonly unchanged: number;
  /** Label of the last file that was read. */
  readonly after: string | null;
}

export interface MaterializePart extends MaterializeCounts {
  readonly left: number;
  readonly unchanged: number;
  /** null: there was nothing left. */
  readonly after: string | null;
}

export interface MaterializeActivities {
  /** Reads some of the files that come after `after` in the order of their names, and writes their newest rows; then, that they were read. */
  materializeFiles(request: MaterializeRequest & { readonly after: string | null }): Promise<MaterializePart>;
  /** Says in the store that the view is as its source was at `startedAt`. */
  materialized(request: MaterializeRequest & { readonly startedAt: string }): Promise<void>;
}
