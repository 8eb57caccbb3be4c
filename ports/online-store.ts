/**
 * Where the newest values of features are kept, to be read in a request's time. A store knows nothing of features: it keeps, for each
 * view and entity, the row whose bytes are greatest, and those begin with the event's time and the time of writing (`online-row.ts`).
 * So the same rows end in the same state in whatever order, by whatever number of writers they come, and a row that is written twice
 * is written once.
 */

/** One row of one entity in one view. */
export interface OnlineRow {
  readonly view: string;
  /** {@link entityKey} of `online-key.ts`. */
  readonly key: Uint8Array;
  /** {@link encodeRow} of `online-row.ts`. */
  readonly row: Uint8Array;
}

/**
 * What is kept of one entity, computed of what is there: windows keep parts of their own so. A part lies beside the rows, under a name
 * that no view has (with a `#`), and is read as a row is. Of one entity all parts of a change are there, or none.
 */
export interface OnlineChange {
  /** {@link entityKey} of `online-key.ts`. */
  readonly key: Uint8Array;
  /** Names of the parts that are looked at. */
  readonly parts: readonly string[];
  /** About how many bytes it adds. */
  readonly bytes: number;
  /**
   * Given these parts, null for each that is not there: those to keep instead, by name, null for one to remove; empty when nothing changes.
   * Pure: where another writer was faster it is asked again.
   */
  change(kept: readonly (Uint8Array | null)[]): ReadonlyMap<string, Uint8Array | null>;
}

/** The rows that are wanted of one entity; a part of {@link OnlineChange} is wanted by its name. */
export interface OnlineQuestion {
  readonly key: Uint8Array;
  readonly views: readonly string[];
}

export interface OnlineWritten {
  /** Rows that are now what is read. */
  readonly written: number;
  /** Rows that changed nothing: what was there is newer, or the very same. */
  readonly older: number;
  /** Changes that changed something. */
  readonly changed: number;
}

export interface OnlineStore {
  /** In words, for messages: no secret is in it. */
  readonly at: string;
  /** What an acknowledged write outlives, in words. */
  readonly promise: string;
  /**
   * Answers when all rows and changes are kept as {@link promise} says. A row is there with all its values or not at all. After an error it is not
   * known which rows were kept, unless it says so: the same batch may be written again.
   *
   * @throws UserError OutsideRefused when the store is full or refuses, OutsideUnreachable when it cannot be reached
   */
  write(rows: readonly OnlineRow[], changes?: readonly OnlineChange[]): Promise<OnlineWritten>;
  /**
   * All in one round trip: for each question its rows in the order of its views, null where there is none.
   *
   * @throws UserError OutsideUnreachable
   */
  read(questions: readonly OnlineQuestion[]): Promise<(Uint8Array | null)[][]>;
  close(): Promise<void>;
}

/** Most bytes of a key: what LMDB's keys hold beside a view's name. */
export const LONGEST_KEY = 1_500;
