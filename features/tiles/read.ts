/** What windows give at a moment, of the parts that are kept: tiles inside of a window are taken whole, at its edges event by event. */
import type { TileValue } from './bytes.ts';
import { readTile } from './change.ts';
import type { TileEvent } from './event.ts';
import { resultOf } from './measures.ts';
import { summaryPart, type TilePlan, type TileWindow, tileOf, tilePart } from './plan.ts';
import { readStates, readSummary, statesOf, type TileSummary } from './summary.ts';

export interface WindowValues {
  readonly values: ReadonlyMap<string, TileValue | readonly TileValue[]>;
  /** µs since 1970 UTC of the newest event that is known at this moment; null: none is. */
  readonly newest: number | null;
}

/**
 * Parts that have to be known for {@link windowValues}: the summary, then the tiles that the edges are in.
 * @param names of windows
 * @param now µs since 1970
 */
export function wantedParts(plan: TilePlan, names: readonly string[], now: number): string[] {
  return [summaryPart(plan), ...edges(plan, names, now).map((tile) => tilePart(plan, tile))];
}

function edges(plan: TilePlan, names: readonly string[], now: number): number[] {
  const moments = names.map((name) => now - windowOf(plan, name).width);
  return [...new Set([now - plan.delay, ...moments].map((moment) => tileOf(plan, moment)))];
}

function windowOf({ windows, view }: TilePlan, name: string): TileWindow {
  const found = windows.get(name);
  if (found) return found;
  throw new Error(`the view ${view} has no window ${name}`);
}

/**
 * @param kept bytes of {@link wantedParts}, null for what is not there
 * @param now as there
 * @throws UserError InvalidInput for a sum of int64 past 64 bits
 */
export function windowValues(
  plan: TilePlan,
  names: readonly string[],
  kept: readonly (Uint8Array | null)[],
  now: number,
): WindowValues {
  const windows = names.map((name) => ({ name, ...windowOf(plan, name) }));
  const wanted = plan.measures.map((_, place) => windows.some(({ measure }) => measure === place));
  const raw = new Map(edges(plan, names, now).map((tile, index) => [tile, kept[index + 1] ?? null]));
  const totals: unknown[] = windows.map(() => null);
  const to = now - plan.delay;
  let newest: number | null = null;
  for (const summary of readSummary(kept[0] ?? null)) {
    const { first, last, closed, tile } = summary;
    if (first > to) break;
    const events = last > to && !closed ? readTile(raw.get(tile) ?? null) : null;
    newest = events ? (events.findLast(({ time }) => time <= to)?.time ?? newest) : Math.min(last, to);
    const from = windows.map(({ width }) => now - width);
    if (from.every((moment) => last <= moment)) continue;
    const states = lazily(plan, summary, wanted, raw.get(tile) ?? null, to);
    for (const [index, { measure: place }] of windows.entries()) {
      const moment = from[index] ?? now;
      if (last <= moment || moment >= to) continue;
      const state = states(moment, place);
      const measure = plan.measures[place]?.measure;
      if (state === null || !measure) continue;
      const before = totals[index];
      totals[index] = before === null ? state : (measure.joinTiles ?? measure.join)(before, state);
    }
  }
  const values = windows.map(({ name, aggregate, measure }, index): [string, TileValue | readonly TileValue[]] => {
    const column = plan.measures[measure]?.column ?? -1;
    return [name, resultOf(aggregate, totals[index], column, plan.columns.length, `${plan.view}:${name}`)];
  });
  return { values: new Map(values), newest };
}

/** States of the tile's events after a moment, by place of the measure. */
function lazily(
  plan: TilePlan,
  { first, last, closed, states }: TileSummary,
  wanted: readonly boolean[],
  bytes: Uint8Array | null,
  to: number,
): (from: number, place: number) => unknown {
  let whole: unknown[] | null = null;
  let events: readonly TileEvent[] | null = null;
  return (from, place) => {
    if (closed || (first > from && last <= to)) {
      whole ??= readStates(plan, states, wanted);
      return whole[place];
    }
    events ??= readTile(bytes);
    const within = events.filter(({ time }) => time > from && time <= to);
    return statesOf(plan, within, place)[place];
  };
}
