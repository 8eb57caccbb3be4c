/** The Temporal Schedules that a pipeline needs: one that watches, one for each `schedule(…)` among its triggers. */
import { Duration, milliseconds } from '#contracts/duration.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { workflowId } from '#contracts/names.ts';
import { leaves } from './retrain/facts.ts';
import { scheduleDetail } from './retrain/triggers/schedule.ts';

export interface WantedSchedule {
  id: string;
  /** Type of the workflow that it starts, whose argument is `input`. */
  starts: 'watch' | 'fire';
  input: { pipeline: string; environment: string; cron?: string };
  when: { cron: string; timezone: string } | { everyMs: number; offsetMs: number };
  /** What was missed by less than this while the server was away is made up for. */
  catchupMs: number;
  jitterMs: number;
}

const MINUTE = 60_000;
const DAY = 86_400_000;

export function wantedSchedules(policy: LoopPolicy): WantedSchedule[] {
  const { pipeline, environment, watch, triggers } = policy;
  const crons = leaves(triggers).flatMap((each) => (each.kind === 'schedule' ? [each] : []));
  const once = [...new Map(crons.map((each) => [scheduleDetail(each), each])).values()];
  const fires = once.map(
    ({ cron, timezone }): WantedSchedule => ({
      id: workflowId.fire(pipeline, scheduleDetail({ cron, timezone })),
      starts: 'fire',
      input: { pipeline, environment, cron: scheduleDetail({ cron, timezone }) },
      when: { cron, timezone },
      // A week's rule that fell into a long week-end still counts.
      catchupMs: 7 * DAY,
      jitterMs: 10_000,
    }),
  );
  if (!watch) return fires;
  const every = Duration.safeParse(watch.every);
  const everyMs = every.success ? milliseconds(every.data) : null;
  const watching: WantedSchedule = {
    id: workflowId.watch(pipeline),
    starts: 'watch',
    input: { pipeline, environment },
    when:
      everyMs === null
        ? { cron: watch.every, timezone: 'UTC' }
        : // Pipelines of one period look at different times of it.
          { everyMs, offsetMs: everyMs > MINUTE ? MINUTE * (spread(pipeline) % Math.floor(everyMs / MINUTE)) : 0 },
    // One look sees all that came since the last.
    catchupMs: MINUTE,
    jitterMs: Math.min(MINUTE, (everyMs ?? DAY) / 20),
  };
  return [watching, ...fires];
}

/** Ids that firing schedules had when they were counted: those of this policy's time. */
export function countedFires({ pipeline, triggers }: LoopPolicy): string[] {
  return leaves(triggers)
    .filter(({ kind }) => kind === 'schedule')
    .map((_, index) => `fire/${pipeline}/${index}`);
}

/** A whole number of the name, always the same. */
function spread(name: string): number {
  let sum = 7;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return sum;
}
