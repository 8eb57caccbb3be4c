/** What keeps a run from starting now, although the triggers ask for it. */

import type { Hold } from '#contracts/decision.ts';
import { milliseconds } from '#contracts/duration.ts';
import type { LoopMemory } from '#contracts/loop/activities.ts';
import type { Fired } from '#contracts/loop/evidence.ts';
import type { LoopLimits } from '#contracts/trigger-condition.ts';
import { eventTime, later, monthOf, nextMonth, onTheWall } from './clock.ts';
import { frozen, quietUntil } from './quiet-hours.ts';

/** Rules that a person who asks is not held back by: who asks knows what he asks for. */
const overridden = new Set<Hold['rule']>(['debounce', 'coolDown', 'budget', 'quietHours']);

/** An alert fires as often as its rule has it: however it came in, nobody has thought about its costs. */
export const personAsks = (fired: readonly Fired[]): boolean =>
  fired.some(({ trigger, source }) => trigger === 'manual' && source !== 'alertmanager');

/**
 * All that hold it back at event time `at`, none when it may start. `asked`: a person asks for it.
 * @param now by the clock on the wall, for the debounce alone
 */
export function holdsBack(memory: LoopMemory, limits: LoopLimits, at: string, now: string, asked: boolean): Hold[] {
  const found: Hold[] = [];
  const { paused, broken, run, next, lastRunAt } = memory;
  if (broken) found.push({ rule: 'broken', until: null, words: `${broken.reason}: resume the loop when it is mended` });
  if (paused) found.push({ rule: 'paused', until: null, words: `paused by ${paused.by}: ${paused.reason}` });
  if (run) found.push({ rule: 'running', until: null, words: `${run.runId} goes on` });
  const freeze = frozen(limits.freeze, at);
  if (freeze) found.push({ rule: 'freeze', until: freeze.to, words: `frozen until ${freeze.to}: ${freeze.reason}` });
  const quiet = quietUntil(limits.quietHours, at);
  if (quiet) found.push({ rule: 'quietHours', until: quiet, words: `quiet hours until ${quiet}` });
  const cool = coolingUntil(lastRunAt, limits, at);
  if (cool)
    found.push({
      rule: 'coolDown',
      until: cool,
      words: `cooling down for ${limits.coolDown} after the run of ${lastRunAt}, until ${cool}`,
    });
  const used = usedIn(memory, at);
  if (limits.budget && used >= limits.budget.runsPerMonth)
    found.push({
      rule: 'budget',
      until: nextMonth(at),
      words: `the budget of ${monthOf(at)} is spent: ${used} of ${limits.budget.runsPerMonth} runs, the next month begins ${nextMonth(at)}`,
    });
  const debounced = next ? later(next.since, milliseconds(limits.debounce)) : now;
  if (next && debounced > now)
    found.push({
      rule: 'debounce',
      until: eventTime(memory.clock, debounced),
      words: `a burst is gathered for ${limits.debounce}`,
    });
  return asked ? found.filter(({ rule }) => !overridden.has(rule)) : found;
}

/** Null when it is over, or nothing ran yet. */
export function coolingUntil(lastRunAt: string | null, limits: LoopLimits, at: string): string | null {
  if (lastRunAt === null) return null;
  const until = later(lastRunAt, milliseconds(limits.coolDown));
  return Date.parse(at) < Date.parse(until) ? until : null;
}

/** Runs that the month of `at` has seen. */
export function usedIn({ month }: Pick<LoopMemory, 'month'>, at: string): number {
  return month.month === monthOf(at) ? month.used : 0;
}

/** The first moment on the wall at which one of these ends by itself; null: none does. */
export function earliestEnd(held: readonly Hold[], clock: LoopMemory['clock']): string | null {
  const ends = held.flatMap(({ until }) => (until === null ? [] : [onTheWall(clock, until)]));
  return ends.length === 0 ? null : ends.reduce((a, b) => (Date.parse(a) < Date.parse(b) ? a : b));
}
