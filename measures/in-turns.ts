import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work in one turn of the event loop: a worker's heartbeats wait for it. */
const TURN_MS = 10;

/** `items.map(work)` for many items of a little work each: others have their turn in between. */
export async function inTurns<T, R>(items: readonly T[], work: (item: T, index: number) => R): Promise<R[]> {
  const made: R[] = [];
  let from = performance.now();
  for (const [index, item] of items.entries()) {
    made.push(work(item, index));
    if (performance.now() - from < TURN_MS) continue;
    await setImmediate();
    from = performance.now();
  }
  return made;
}
