/** Signs of life of a step's attempt. What a death costs is the time-out here, and a second until the next attempt. */

/** Milliseconds from one beat to the next; the worker sends no more than this either. */
export const BEAT_MS = 1_000;

/**
 * Milliseconds without a beat after which Temporal gives the step to another worker. The last one that it heard is up to two
 * beats old, so that a worker may stand still for six seconds; the longest that was seen on a machine that was ten times too
 * busy are 4.9: docs/adr/0025-how-long-a-step-may-be-silent.md.
 */
export const HEARTBEAT_TIMEOUT_MS = 8_000;
