/** How surely one look of the watch must know what it says, so that a year of looks keeps its rate of false alarms. */
import { Cron } from 'croner';
import { Duration, milliseconds } from '#contracts/duration.ts';
import type { WatchPolicy } from '#contracts/watch.ts';
import { type LookRule, levelOfLook } from '#decisions/retrain/drift-verdict.ts';

const YEAR_MS = 365.25 * 86_400_000;
const FALSE_ALARMS = 0.05;
const LEAST_ROWS = 200;
/** Times of a cron line that are looked up; a line of more is taken to go on as densely. */
const TIMES = 2_000;

export function lookRule({ every, falseAlarms, leastRows }: WatchPolicy): LookRule {
  return {
    falseAlarms: falseAlarms ?? FALSE_ALARMS,
    looksPerYear: looksPerYear(every),
    leastRows: leastRows ?? LEAST_ROWS,
  };
}

/** Never too few: at least one. */
export function looksPerYear(every: WatchPolicy['every']): number {
  const duration = Duration.safeParse(every);
  if (duration.success) return Math.max(1, Math.ceil(YEAR_MS / Math.max(1, milliseconds(duration.data))));
  // A leap year from its beginning: the same looks at any time.
  const from = new Date('2028-01-01T00:00:00Z');
  const end = from.getTime() + YEAR_MS;
  const times = new Cron(every, { timezone: 'UTC', paused: true })
    .nextRuns(TIMES, from)
    .map((time) => time.getTime())
    .filter((time) => time <= end);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return 1;
  if (times.length < TIMES) return times.length;
  return Math.ceil(((times.length - 1) * YEAR_MS) / (last - first));
}

/** Of a two-sided interval whose one end decides, so that all conditions of a year of looks keep the rate together. */
export const sureConfidence = (rule: LookRule, conditions: number): number => 1 - 2 * levelOfLook(rule, conditions);
