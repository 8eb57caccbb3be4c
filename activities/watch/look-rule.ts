/** How surely one look of the watch must know what it says, so that a year of looks keeps its rate of false alarms. */

import { Duration, milliseconds } from '#contracts/duration.ts';
import type { WatchPolicy } from '#contracts/watch.ts';
import { type CronFields, readCron } from '#decisions/cron.ts';
import { type LookRule, levelOfLook } from '#decisions/retrain/drift-verdict.ts';

const YEAR_MS = 365.25 * 86_400_000;
const FALSE_ALARMS = 0.05;
const LEAST_ROWS = 200;
export function lookRule({ every, falseAlarms, leastRows }: WatchPolicy): LookRule {
  return {
    falseAlarms: falseAlarms ?? FALSE_ALARMS,
    looksPerYear: looksPerYear(every),
    leastRows: leastRows ?? LEAST_ROWS,
  };
}

/** Never too few: at least one. @internal */
export function looksPerYear(every: WatchPolicy['every']): number {
  const duration = Duration.safeParse(every);
  if (duration.success) return Math.max(1, Math.ceil(YEAR_MS / Math.max(1, milliseconds(duration.data))));
  const { fields } = readCron(every);
  // A line that nobody can read is taken for the densest.
  if (fields === null) return YEAR_MS / 60_000;
  const { minute, hour } = fields;
  return Math.max(1, Math.ceil(minute.size * hour.size * daysOf(fields)));
}

/** Days of a leap year on which it fires. */
function daysOf({ day: dayOfMonth, month, weekday }: CronFields): number {
  let days = 0;
  for (let day = Date.UTC(2028, 0, 1); day < Date.UTC(2029, 0, 1); day += 86_400_000) {
    const date = new Date(day);
    const fires =
      month.has(date.getUTCMonth() + 1) && dayOfMonth.has(date.getUTCDate()) && weekday.has(date.getUTCDay());
    if (fires) days++;
  }
  return days;
}

/** Of a two-sided interval whose one end decides, so that all conditions of a year of looks keep the rate together. */
export const sureConfidence = (rule: LookRule, conditions: number): number => 1 - 2 * levelOfLook(rule, conditions);
