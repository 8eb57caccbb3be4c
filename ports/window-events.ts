/** Events of windows on their way into an online store. */
import { changed, partsOf } from '#features/tiles/change.ts';
import { identityOf, type TileEvent } from '#features/tiles/event.ts';
import type { TilePlan } from '#features/tiles/plan.ts';
import type { OnlineValue } from './online-row.ts';
import type { OnlineChange } from './online-store.ts';

/** An event of an entity, with the values of the columns that its view's windows read. */
export interface WindowEvent {
  /** `entityKey` of online-key.ts. */
  readonly key: Uint8Array;
  /** µs since 1970 UTC. */
  readonly time: bigint;
  /** When it was written, µs since 1970 UTC; null: not known. */
  readonly created: bigint | null;
  /** In the order of the plan's columns, of their types. */
  readonly values: readonly OnlineValue[];
  /**
   * 0, 1, … among events of one key, time and values, in the order of `created`: of a source over all its rows, without those that have no
   * `created` where that decides when they are known. Left out, it is counted within these events, as for
   * the rows of a push.
   */
  readonly ordinal?: number;
}

/** Beyond it µs are no whole doubles any more: the year 2255, which no window sees yet. */
const LATEST = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * A change for each entity. The same events, told again or in another order, end in the same state; oldest first is best, since a tile
 * that is closed takes newer ones only. Events without `created` are left out where that decides when they are known, and so are those
 * that no window sees at `now` or later.
 * @param now µs since 1970
 */
export function windowChanges(plan: TilePlan, events: readonly WindowEvent[], now: bigint): OnlineChange[] {
  const entities = new Map<string, { key: Uint8Array; events: TileEvent[] }>();
  const alike = new Map<string, number>();
  for (const { key, time, created, values, ordinal } of events) {
    if (plan.needsCreated && created === null) continue;
    if (time > LATEST || time < -LATEST) continue;
    const name = Buffer.from(key).toString('latin1');
    const single = values.map((value) => {
      if (value !== null && typeof value === 'object')
        throw new Error(`${plan.view}: a window reads no lists and no bytes`);
      return value;
    });
    let place = ordinal;
    if (place === undefined) {
      const identity = `${name.length} ${name} ${time} ${identityOf(single, 0).toString('latin1')}`;
      place = alike.get(identity) ?? 0;
      alike.set(identity, place + 1);
    }
    const entity = entities.get(name) ?? { key, events: [] };
    entity.events.push({
      time: Number(time),
      created: created === null ? null : Number(created),
      bytes: identityOf(single, place),
    });
    entities.set(name, entity);
  }
  const moment = Number(now);
  return [...entities.values()].map(({ key, events: told }) => ({
    key,
    parts: partsOf(plan, told, moment),
    bytes: told.reduce((sum, { bytes }) => sum + 2 * bytes.length + 60, 100),
    change: (kept) => changed(plan, told, kept, moment),
  }));
}
