/** Time that a model spent beyond its limits, as labels showed afterwards, and how much of it another rule might have saved. */

import type { MetricObserved } from '#contracts/loop/evidence.ts';
import type { Condition } from '#contracts/trigger-condition.ts';
import { beyond } from '../retrain/performance-limit.ts';

const DAY = 86_400_000;
type Limit = Extract<Condition, { kind: 'performance' }>;
interface Span {
  from: number;
  to: number;
}

/**
 * What an observation shows, it shows of the time since the one before it of the same metric: windows overlap.
 * @param observed in any order; estimates are left out
 */
export function badSpans(observed: readonly MetricObserved[], limits: readonly Limit[]): Span[] {
  const spans: Span[] = [];
  for (const metric of new Set(limits.map((limit) => limit.metric))) {
    const own = limits.filter((limit) => limit.metric === metric);
    const series = observed
      .filter((each) => each.metric === metric && !each.estimated)
      .sort((a, b) => Date.parse(endOf(a)) - Date.parse(endOf(b)));
    let until = Number.NEGATIVE_INFINITY;
    for (const each of series) {
      const to = Date.parse(endOf(each));
      const from = Math.max(until, each.window ? Date.parse(each.window.from) : to - 7 * DAY);
      until = to;
      if (to > from && own.some((limit) => beyond(limit, each))) spans.push({ from, to });
    }
  }
  return spans;
}

const endOf = ({ window, at }: MetricObserved) => window?.to ?? at;

/**
 * Days beyond a limit; and of these the days on which the other rule's last training was a later one, so that a newer
 * model might have been there. Days that several metrics call bad count once.
 * @param before times of the trainings as deployed, @param after by the other rule; ISO
 */
export function savedDays(
  spans: readonly Span[],
  before: readonly string[],
  after: readonly string[],
): { bad: number; saved: number } {
  const last = (runs: readonly string[], day: number) =>
    Math.max(Number.NEGATIVE_INFINITY, ...runs.map((at) => Date.parse(at)).filter((at) => at <= day));
  const days = new Set(
    spans.flatMap(({ from, to }) => {
      const first = Math.ceil(from / DAY);
      return Array.from({ length: Math.max(0, Math.ceil(to / DAY) - first) }, (_, i) => first + i);
    }),
  );
  let saved = 0;
  for (const day of days) if (last(after, day * DAY) > last(before, day * DAY)) saved++;
  return { bad: days.size, saved };
}
