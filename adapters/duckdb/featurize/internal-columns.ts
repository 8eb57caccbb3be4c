/** Columns of ours beside the user's, dropped before anything is written. */

/** The row's place in its file, from 0. */
export const ROW = '"__ratchet_row"';
/** Its time: TIMESTAMP in UTC, null without one. */
export const TIME = '"__ratchet_time"';
/** The time of a view's row. */
export const AT = '"__ratchet_at"';
/** When a view's row was written. */
export const KNOWN = '"__ratchet_known"';
/** Its place among the rows of its key, by time. */
export const RANK = '"__ratchet_rank"';
/** A key of the rows that a view is joined to, with its place behind. */
export const KEY = '__ratchet_key_';
