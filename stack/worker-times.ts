import { allParts } from './parts/all-parts.ts';
import type { PartName } from './parts/part.ts';

/** What a worker needs when all servers are there, on a slow machine; seconds. */
const START_SECONDS = 120;

/**
 * A worker that is started beside servers waits for as long as the slowest of them may start: until then, that one is not
 * there is no failure of the worker's. Seconds; `patience` null where none is started beside it.
 */
export function workerTimes(parts: readonly PartName[]): { patience: number | null; start: number } {
  const slowest = Math.max(0, ...parts.map((name) => allParts[name].startSeconds));
  return { patience: slowest > 0 ? slowest : null, start: START_SECONDS + slowest };
}
