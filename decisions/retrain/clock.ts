/** Event time: when things happened, which need not be when they were told. All instants are ISO, UTC. */
import type { LoopMemory } from '#contracts/loop/activities.ts';

type Clock = LoopMemory['clock'];

/** What happens later than this after it is told cannot be: a clock that is wrong must not move ours. */
const AHEAD_MS = 5 * 60_000;

/**
 * An event needs its time from happening to being told: a look of the watch is told when it is done. So much of a distance
 * between both clocks is such a delay, and now is now; a larger one is another time that passes, that of a backfill.
 */
const LIVE_MS = 15 * 60_000;

const live = ({ at, wall }: NonNullable<Clock>): boolean => Math.abs(Date.parse(wall) - Date.parse(at)) <= LIVE_MS;

/** Event time now: from the newest event on it passes as on the wall. It is the time on the wall before the first event, and while events are told soon. */
export function eventTime(clock: Clock, now: string): string {
  if (!clock || live(clock)) return now;
  return iso(Date.parse(clock.at) + Math.max(0, Date.parse(now) - Date.parse(clock.wall)));
}

/** The clock after events of these times; never goes back. */
export function advanced(clock: Clock, times: readonly string[], now: string): Clock {
  if (times.length === 0) return clock;
  const known = clock ? [eventTime(clock, now)] : [];
  const at = iso(
    Math.max(...[...known, ...times.map((time) => believable(time, now))].map((time) => Date.parse(time))),
  );
  return { at, wall: now };
}

/** A time from the future counts as now. */
export function believable(at: string, now: string): string {
  return Date.parse(at) > Date.parse(now) + AHEAD_MS ? now : at;
}

/** When the wall shows what the event clock shows at `until`. */
export function onTheWall(clock: Clock, until: string): string {
  if (!clock || live(clock)) return until;
  return iso(Date.parse(clock.wall) + Date.parse(until) - Date.parse(clock.at));
}

export const iso = (ms: number): string => new Date(ms).toISOString();
export const later = (at: string, ms: number): string => iso(Date.parse(at) + ms);
export const monthOf = (at: string): string => at.slice(0, 7);
/** The first instant of the month after, UTC. */
export function nextMonth(at: string): string {
  const date = new Date(at);
  return iso(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
}
