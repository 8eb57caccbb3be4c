/**
 * Events as windows keep them. An event is told from another by its time, the values of the columns that its view's windows read, and its
 * place among those that are alike in these: so the same event, told twice, is one. `created` does not tell them apart.
 */
import { Reader, type TileValue, Writer } from './bytes.ts';

export interface TileEvent {
  /** µs since 1970 UTC. */
  readonly time: number;
  /** When it was written, µs since 1970 UTC; null: not known, older than any that is. Of one event the earliest that is known stays. */
  readonly created: number | null;
  /** {@link identityOf}. */
  readonly bytes: Buffer;
}

/** @param ordinal 0, 1, … among events that are alike */
export function identityOf(values: readonly TileValue[], ordinal: number): Buffer {
  const bytes = new Writer();
  for (const value of values) bytes.value(value);
  bytes.count(ordinal);
  return bytes.done();
}

/** In the order of the plan's columns. */
export function valuesOf({ bytes }: TileEvent, columns: number): TileValue[] {
  const reader = new Reader(bytes);
  const values: TileValue[] = [];
  for (let left = columns; left > 0; left--) values.push(reader.value());
  return values;
}

/** As windows take the newest: by time, then created, then the bytes. */
export function order(a: TileEvent, b: TileEvent): number {
  if (a.time !== b.time) return a.time - b.time;
  const [x, y] = [a.created ?? Number.NEGATIVE_INFINITY, b.created ?? Number.NEGATIVE_INFINITY];
  return x === y ? Buffer.compare(a.bytes, b.bytes) : x < y ? -1 : 1;
}

export function writeEvent({ time, created, bytes }: TileEvent, to: Writer): void {
  to.float(time);
  to.float(created ?? Number.NaN);
  to.bytes(bytes);
}

export function readEvent(from: Reader): TileEvent {
  const time = from.float();
  const created = from.float();
  return { time, created: Number.isNaN(created) ? null : created, bytes: from.bytes() };
}

/** The union of both, in their one order; the first itself where the second brings nothing. */
export function merged(kept: readonly TileEvent[], more: readonly TileEvent[]): readonly TileEvent[] {
  const events = new Map(kept.map((event) => [nameOf(event), event]));
  let changed = false;
  for (const event of more) {
    const name = nameOf(event);
    const same = events.get(name);
    const created = same ? earlier(same.created, event.created) : event.created;
    if (same && same.created === created) continue;
    events.set(name, { ...event, created });
    changed = true;
  }
  return changed ? [...events.values()].sort(order) : kept;
}

const nameOf = ({ time, bytes }: TileEvent): string => `${time} ${bytes.toString('latin1')}`;
const earlier = (a: number | null, b: number | null) => (a === null || b === null ? (a ?? b) : Math.min(a, b));
