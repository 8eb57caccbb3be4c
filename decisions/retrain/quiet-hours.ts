/** Quiet hours and the freeze calendar. */
import type { LoopLimits } from '#contracts/trigger-condition.ts';
import { iso } from './clock.ts';

type Quiet = LoopLimits['quietHours'][number];
const MINUTE = 60_000;
const DAY = 24 * 60;

/** The end of the quiet hours that `at` lies in, ISO; null when it lies in none. Hours whose end is their beginning last a day. */
export function quietUntil(quiet: readonly Quiet[], at: string): string | null {
  const ends = quiet.flatMap((hours) => endOf(hours, at) ?? []);
  return ends.length === 0 ? null : iso(Math.max(...ends));
}

function endOf({ from, to, days, timezone }: Quiet, at: string): number | null {
  const time = Math.floor(Date.parse(at) / MINUTE) * MINUTE;
  const { day, minute } = local(time, timezone);
  const begin = minutes(from);
  const length = (minutes(to) - begin + DAY) % DAY || DAY;
  const since = (minute - begin + DAY) % DAY;
  if (since >= length) return null;
  // The day that the hours began on: yesterday when they reach over midnight.
  const began = minute >= begin ? day : day === 1 ? 7 : day - 1;
  if (days && !days.includes(began)) return null;
  // Found by the clock on that wall, so that a change to summer time is counted.
  const guess = time + (length - since) * MINUTE;
  const off = (minutes(to) - local(guess, timezone).minute + DAY) % DAY;
  const end = guess + (off > DAY / 2 ? off - DAY : off) * MINUTE;
  if (local(end, timezone).minute === minutes(to)) return end;
  // On the day that begins summer time there may be no such time: they end with the hour that is left out, after `at` in any case.
  let over = Math.max(time, end);
  while (over < guess && (local(over, timezone).minute - begin + DAY) % DAY < length) over += MINUTE;
  return over;
}

const minutes = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
/** Day of the week (1 is Monday) and minute of the day, by the clocks of a zone. */
function local(time: number, timeZone: string): { day: number; minute: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(time);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  return { day: weekdays.indexOf(part('weekday')) + 1, minute: Number(part('hour')) * 60 + Number(part('minute')) };
}

/** The calendar entry that `at` lies in: from its beginning until, not including, its end. */
export function frozen(freeze: LoopLimits['freeze'], at: string): LoopLimits['freeze'][number] | undefined {
  const time = Date.parse(at);
  return freeze.find(({ from, to }) => Date.parse(from) <= time && time < Date.parse(to));
}
