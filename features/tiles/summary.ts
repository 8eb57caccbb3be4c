/** The part that is kept of each tile, all tiles of an entity in one piece, oldest first. */
import { holds } from '../where.ts';
import { Reader, Writer } from './bytes.ts';
import { type TileEvent, valuesOf } from './event.ts';
import type { TilePlan } from './plan.ts';

export interface TileSummary {
  readonly tile: number;
  /** µs since 1970 UTC of its first and its last event. */
  readonly first: number;
  readonly last: number;
  /** Its events are gone: only this is kept. */
  readonly closed: boolean;
  /** By place of the measure, as bytes; read by {@link stateOf}. */
  readonly states: Buffer;
}

const VERSION = 1;

export function writeSummary(tiles: Iterable<TileSummary>): Buffer {
  const to = new Writer();
  to.byte(VERSION);
  const all = [...tiles].sort((a, b) => a.tile - b.tile);
  to.count(all.length);
  for (const { tile, first, last, closed, states } of all) {
    to.float(tile);
    to.float(first);
    to.float(last);
    to.byte(closed ? 1 : 0);
    to.bytes(states);
  }
  return to.done();
}

/** @throws RangeError for bytes of another version */
export function readSummary(bytes: Uint8Array | null): TileSummary[] {
  if (bytes === null) return [];
  const from = new Reader(bytes);
  const version = from.byte();
  if (version !== VERSION) throw new RangeError(`windows of version ${version} are kept there, and ${VERSION} is read`);
  const tiles: TileSummary[] = [];
  for (let left = from.count(); left > 0; left--)
    tiles.push({
      tile: from.float(),
      first: from.float(),
      last: from.float(),
      closed: from.byte() === 1,
      states: from.bytes(),
    });
  return tiles;
}

/**
 * Of each measure the state of these events, joined with `before`; null of none.
 * @param only place of the one measure that is wanted
 */
export function statesOf(
  plan: TilePlan,
  events: readonly TileEvent[],
  only: number | null = null,
  before: readonly unknown[] = [],
): unknown[] {
  const states: unknown[] = plan.measures.map((_, place) => before[place] ?? null);
  const places = new Map(plan.columns.map(([name], place) => [name, place]));
  for (const event of events) {
    const values = valuesOf(event, plan.columns.length);
    for (const [place, { column, where, measure }] of plan.measures.entries()) {
      if (only !== null && only !== place) continue;
      if (where && !holds(where, (name) => values[places.get(name) ?? -1])) continue;
      const value = values[column] ?? null;
      const state = measure.of(Number.isNaN(value) ? null : value, event);
      if (state !== null) states[place] = states[place] === null ? state : measure.join(states[place], state);
    }
  }
  return states;
}

export function writeStates(plan: TilePlan, states: readonly unknown[]): Buffer {
  const to = new Writer();
  for (const [place, { measure }] of plan.measures.entries()) {
    const state = states[place] ?? null;
    const own = new Writer();
    if (state !== null) measure.write(state, own);
    to.bytes(own.done());
  }
  return to.done();
}

/** @param wanted by place; the others are passed over */
export function readStates(plan: TilePlan, states: Buffer, wanted: readonly boolean[] | null = null): unknown[] {
  const from = new Reader(states);
  return plan.measures.map(({ measure }, place) => {
    const length = from.count();
    if (length > 0 && (!wanted || wanted[place])) return measure.read(from);
    from.skip(length);
    return null;
  });
}
