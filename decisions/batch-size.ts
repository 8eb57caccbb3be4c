/** How many items of a map go into one activity: as many as take a second, by what the last ones took. */
import type { BatchPace } from '#contracts/batch.ts';

/** What a batch is to take: long beside what an activity costs, short beside what a person, or a death, may lose. */
const TARGET_MS = 1_000;
/** From this on an activity is not dear beside its work, so that items are shared out among more of them. */
const WORTHWHILE_MS = 100;
/** One batch is at most so many times the last: a few quick items say little of the others. */
const GROWTH = 8;
/** What is lost to a worker that dies with its machine, and what a workflow takes in at once. */
const MOST = 500;

/** @param measured items that one batch did, at least one, and the ms that they took together */
export function nextBatch({ items, ms }: { items: number; ms: number }): BatchPace {
  // A clock of milliseconds may say nothing at all.
  const each = Math.max(ms, 0.01) / items;
  const size = clamp(TARGET_MS / each, Math.min(MOST, items * GROWTH));
  return { size, least: clamp(WORTHWHILE_MS / each, size) };
}

const clamp = (value: number, most: number) => Math.max(1, Math.min(most, Math.floor(value)));
