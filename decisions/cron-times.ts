/**
 * When a cron line fires in a time zone, as Temporal's server has it: a port of `compiledCalendar.next` of
 * `service/worker/scheduler/calendar.go` (Temporal 1.32, MIT) with the rule by which Go's `time.Date` turns a wall clock's time
 * into an instant. What it does where clocks are set is kept as it is there, so that a simulation fires when the deployed
 * schedule does: a time that a clock leaves out is skipped, and of an hour that comes twice the server takes one or both,
 * whichever side of Greenwich the zone lies.
 */
import type { CronFields } from './cron.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The server looks no further. */
const LAST_YEAR = 2100;

/** The first time after `after` (ms since 1970), in ms; null when none comes before the year 2101. @internal */
export function nextCronTime(fields: CronFields, timezone: string, after: number): number | null {
  const zone = zoneOf(timezone);
  const from = Math.floor(after / 1_000) * 1_000;
  let { year, month, day, hour, minute } = zone.wall(from);
  // In the second run of an hour that comes twice.
  let late = zone.wall(from - HOUR).hour === hour ? HOUR : 0;
  // Whole minutes are what may match: the server adds a second and walks to the next of them.
  minute += 1;
  for (;;) {
    if (minute >= 60) {
      const before = zone.instant(year, month, day, hour, 0);
      hour += 1;
      minute = 0;
      // The hour after lies two hours further: one was skipped that comes twice.
      if (late === 0 && zone.instant(year, month, day, hour, 0) - before > HOUR) {
        hour -= 1;
        late = HOUR;
      } else late = 0;
    }
    if (hour >= 24) [day, hour] = [day + 1, 0];
    if (day > daysIn(year, month)) [month, day] = [month + 1, 1];
    if (month > 12) [year, month] = [year + 1, 1];
    if (year > LAST_YEAR) return null;
    if (!fields.month.has(month)) {
      [month, day, hour, minute, late] = [month + 1, 1, 0, 0, 0];
      continue;
    }
    if (!fields.day.has(day) || !fields.weekday.has(weekday(year, month, day))) {
      [day, hour, minute, late] = [day + 1, 0, 0, 0];
      continue;
    }
    if (!fields.hour.has(hour)) {
      [hour, minute, late] = [hour + 1, 0, 0];
      continue;
    }
    if (!fields.minute.has(minute)) {
      minute += 1;
      continue;
    }
    const at = zone.instant(year, month, day, hour, minute);
    // A time that the clock jumped over.
    if (zone.wall(at).hour !== hour) {
      [hour, minute] = [hour + 1, 0];
      continue;
    }
    return at + late;
  }
}

/** All times from `from` on and before `to`, in ms. */
export function cronTimes(fields: CronFields, timezone: string, from: number, to: number): number[] {
  const times: number[] = [];
  for (let at = nextCronTime(fields, timezone, from - 1_000); at !== null && at < to; ) {
    times.push(at);
    at = nextCronTime(fields, timezone, at);
  }
  return times;
}

const daysIn = (year: number, month: number) => new Date(Date.UTC(year, month, 0)).getUTCDate();
const weekday = (year: number, month: number, day: number) => new Date(Date.UTC(year, month - 1, day)).getUTCDay();

interface Zone {
  wall(at: number): { year: number; month: number; day: number; hour: number; minute: number };
  instant(year: number, month: number, day: number, hour: number, minute: number): number;
}

function zoneOf(timezone: string): Zone {
  const offset = offsetOf(timezone);
  return {
    wall: (at) => {
      const shifted = new Date(at + offset(at));
      return {
        year: shifted.getUTCFullYear(),
        month: shifted.getUTCMonth() + 1,
        day: shifted.getUTCDate(),
        hour: shifted.getUTCHours(),
        minute: shifted.getUTCMinutes(),
      };
    },
    // As Go: the zone's offset at the wall clock's time read as UTC, then the one at what that gives.
    instant: (year, month, day, hour, minute) => {
      const wall = Date.UTC(year, month - 1, day, hour, minute);
      const first = offset(wall);
      return first === 0 ? wall : wall - offset(wall - first);
    },
  };
}

const readers = new Map<string, (at: number) => number>();

/** ms that a zone is ahead of UTC at an instant; kept for each quarter of an hour, at whose ends alone clocks are set. */
function offsetOf(timezone: string): (at: number) => number {
  const known = readers.get(timezone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  const kept = new Map<number, number>();
  const read = (at: number): number => {
    const quarter = Math.floor(at / (15 * MINUTE)) * 15 * MINUTE;
    let offset = kept.get(quarter);
    if (offset === undefined) {
      const part = Object.fromEntries(format.formatToParts(quarter).map(({ type, value }) => [type, Number(value)]));
      const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
      offset = Date.UTC(year, month - 1, day, hour, minute, second) - quarter;
      if (kept.size > 100_000) kept.clear();
      kept.set(quarter, offset);
    }
    return offset;
  };
  readers.set(timezone, read);
  return read;
}
