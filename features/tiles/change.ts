/**
 * What is kept of an entity's windows once more events are told. It is a function of the set of events: of their order, of repetitions and of
 * how they came in batches nothing is left in it. Two things are not kept: events that no window will ever see again, and those of a tile
 * beyond {@link TilePlan.most} events, which is closed: its parts stay, and what is told of it later counts only when it is newer than all
 * that it had.
 */
import { Reader, Writer } from './bytes.ts';
import { merged, readEvent, type TileEvent, writeEvent } from './event.ts';
import { summaryPart, type TilePlan, tileOf, tilePart } from './plan.ts';
import { readStates, readSummary, statesOf, type TileSummary, writeStates, writeSummary } from './summary.ts';

/** A clock may be behind that of the writer by so much, µs. */
const BEHIND = 3_600_000_000;

/** The first tile that a window may still see. @param now µs since 1970 */
const firstTile = (plan: TilePlan, now: number): number => tileOf(plan, now - plan.longest - plan.delay - BEHIND);

/** Parts that have to be known for {@link changed}: the summary, then a tile each. @param now µs since 1970 */
export function partsOf(plan: TilePlan, events: readonly TileEvent[], now: number): string[] {
  return [summaryPart(plan), ...[...byTile(plan, events, now).keys()].map((tile) => tilePart(plan, tile))];
}

/**
 * @param kept bytes of {@link partsOf}, null for what is not there
 * @param now µs since 1970, as there
 * @returns bytes by part, null for one that is gone; empty when nothing changes
 * @throws RangeError for bytes that are no windows
 */
export function changed(
  plan: TilePlan,
  events: readonly TileEvent[],
  kept: readonly (Uint8Array | null)[],
  now: number,
): Map<string, Uint8Array | null> {
  const tiles = new Map(readSummary(kept[0] ?? null).map((summary) => [summary.tile, summary]));
  const parts = new Map<string, Uint8Array | null>();
  for (const [index, [tile, more]] of [...byTile(plan, events, now)].entries()) {
    const summary = tiles.get(tile) ?? null;
    const next = summary?.closed
      ? added(plan, summary, more)
      : grown(plan, tile, readTile(kept[index + 1] ?? null), more);
    if (!next) continue;
    tiles.set(tile, next.summary);
    parts.set(tilePart(plan, tile), next.events);
  }
  if (parts.size === 0) return parts;
  const first = firstTile(plan, now);
  for (const tile of [...tiles.keys()].filter((each) => each < first)) {
    tiles.delete(tile);
    parts.set(tilePart(plan, tile), null);
  }
  parts.set(summaryPart(plan), writeSummary(tiles.values()));
  return parts;
}

function byTile(plan: TilePlan, events: readonly TileEvent[], now: number): Map<number, TileEvent[]> {
  const first = firstTile(plan, now);
  const tiles = new Map<number, TileEvent[]>();
  for (const event of events) {
    const tile = tileOf(plan, event.time);
    if (tile < first) continue;
    const there = tiles.get(tile);
    if (there) there.push(event);
    else tiles.set(tile, [event]);
  }
  return tiles;
}

interface Next {
  readonly summary: TileSummary;
  readonly events: Buffer | null;
}

function grown(plan: TilePlan, tile: number, kept: readonly TileEvent[], more: readonly TileEvent[]): Next | null {
  const events = merged(kept, more);
  const [first, last] = [events[0], events.at(-1)];
  if (events === kept || !first || !last) return null;
  const closed = events.length > plan.most;
  const states = writeStates(plan, statesOf(plan, events));
  return {
    summary: { tile, first: first.time, last: last.time, closed, states },
    events: closed ? null : writeTile(events),
  };
}

function added(plan: TilePlan, summary: TileSummary, more: readonly TileEvent[]): Next | null {
  const newer = merged(
    [],
    more.filter(({ time }) => time > summary.last),
  );
  const last = newer.at(-1);
  if (!last) return null;
  const states = statesOf(plan, newer, null, readStates(plan, summary.states));
  return { summary: { ...summary, last: last.time, states: writeStates(plan, states) }, events: null };
}

export function readTile(bytes: Uint8Array | null): TileEvent[] {
  if (bytes === null) return [];
  const from = new Reader(bytes);
  return Array.from({ length: from.count() }, () => readEvent(from));
}

function writeTile(events: readonly TileEvent[]): Buffer {
  const to = new Writer();
  to.count(events.length);
  for (const event of events) writeEvent(event, to);
  return to.done();
}
