/** What other triggers would have made of what the loop was told. */
import type { LoopInput, LoopMemory, RunEnd } from '#contracts/loop/activities.ts';
import { MetricObserved } from '#contracts/loop/evidence.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import type { Condition } from '#contracts/trigger-condition.ts';
import { badSpans, savedDays } from './backtest/bad-time.ts';
import { leaves } from './retrain/facts.ts';
import { decideLoop } from './retrain.ts';

export interface Batch {
  now: string;
  inputs: LoopInput[];
}
/** @internal */
export interface ReplayedRun {
  /** Event time. */
  at: string;
  kind: string;
  reason: string;
}
export interface Backtest {
  before: ReplayedRun[];
  after: ReplayedRun[];
  /** Of both on the same day. */
  same: number;
  fewer: ReplayedRun[];
  more: ReplayedRun[];
  /** Days beyond a limit of the model's performance, and those of them on which a newer model might have been there; null: no limit is known. */
  days: { bad: number; saved: number } | null;
}
type Performance = Extract<Condition, { kind: 'performance' }>;

/** A loop that is woken more often than so between two batches waits for nothing that can come. */
const WAKES = 50;

/**
 * @param batches as they were told
 * @param told to the other rule: the same batches, their drift judged by its thresholds
 * @param limits beyond which a model counts as bad; default: those of both rules' `performance` conditions
 */
export function backtest(
  deployed: LoopPolicy,
  other: LoopPolicy,
  { batches, told = batches, limits }: { batches: readonly Batch[]; told?: readonly Batch[]; limits?: Performance[] },
): Backtest {
  const before = replayed(deployed, batches);
  const after = replayed(other, told);
  const beyond = limits ?? [deployed, other].flatMap(({ triggers }) => leaves(triggers).filter(isPerformance));
  const times = (runs: readonly ReplayedRun[]) => runs.map(({ at }) => at);
  return {
    ...{ before, after },
    ...compared(before, after),
    days: beyond.length === 0 ? null : savedDays(badSpans(observed(batches), beyond), times(before), times(after)),
  };
}

const isPerformance = (condition: Condition): condition is Performance => condition.kind === 'performance';

function observed(batches: readonly Batch[]): MetricObserved[] {
  return batches.flatMap(({ inputs }) =>
    inputs.flatMap((input) => {
      if (input.kind !== 'evidence' || input.signal !== 'metricObserved') return [];
      const parsed = MetricObserved.safeParse(input.raw);
      return parsed.success ? [parsed.data] : [];
    }),
  );
}

/** `PSI 0.15 would have meant 4 more trainings and saved 2 bad weeks (of 3).` @param rule what changed */
export function backtestInWords(rule: string, { more, fewer, days }: Backtest): string {
  const trainings = [
    ...(more.length > 0 ? [`${more.length} more ${more.length === 1 ? 'training' : 'trainings'}`] : []),
    ...(fewer.length > 0
      ? [`${fewer.length} fewer${more.length > 0 ? '' : fewer.length === 1 ? ' training' : ' trainings'}`]
      : []),
  ];
  const meant = trainings.length > 0 ? `meant ${trainings.join(' and ')}` : 'changed nothing';
  if (days === null || days.bad === 0) return `${rule} would have ${meant}.`;
  return `${rule} would have ${meant} and saved ${weeks(days.saved)} bad weeks (of ${weeks(days.bad)}).`;
}

const weeks = (days: number) => (days === 0 ? 'no' : String(Math.round((days / 7) * 10) / 10));

/**
 * Decides anew upon every batch. What a run of the other policy would have come to is not known: it counts as one that
 * ended well before the next batch. Pauses and resumes of people happen as they did.
 * @internal
 */
export function replayed(policy: LoopPolicy, batches: readonly Batch[]): ReplayedRun[] {
  const runs: ReplayedRun[] = [];
  let memory: LoopMemory | null = null;
  let wakeAt: string | null = null;
  const decide = (now: string, told: readonly LoopInput[]) => {
    const ended: LoopInput[] = memory?.run ? [{ kind: 'runEnded', ended: wellEnded(memory.run.runId) }] : [];
    const step = decideLoop({ policy, memory, inputs: [...ended, ...told], now });
    memory = step.memory;
    wakeAt = step.wakeAt;
    if (!step.start) return;
    const { kind, reason, at } = step.start.trigger;
    runs.push({ at, kind, reason });
  };
  for (const { now, inputs } of batches) {
    // What is held back starts when nothing holds it any more, which need not be when something comes.
    for (let wakes = 0; wakes < WAKES && wakeAt !== null && Date.parse(wakeAt) < Date.parse(now); wakes++)
      decide(wakeAt, []);
    decide(
      now,
      inputs.filter(({ kind }) => kind !== 'runEnded' && kind !== 'judged' && kind !== 'rolledBack'),
    );
  }
  return runs;
}

function wellEnded(runId: string): RunEnd {
  return { runId, status: 'finished', verdict: null, modelVersion: null, previous: null, reasons: [] };
}

/** Of two lists of runs, those that only one has: a run within `slackMs` of another one counts as the same, of the same kind and the nearest first. */
function compared(
  before: readonly ReplayedRun[],
  after: readonly ReplayedRun[],
  slackMs = 86_400_000,
): { same: number; fewer: ReplayedRun[]; more: ReplayedRun[] } {
  const left = [...before];
  const more: ReplayedRun[] = [];
  for (const run of after) {
    const apart = ({ at }: ReplayedRun) => Math.abs(Date.parse(at) - Date.parse(run.at));
    const [match] = left
      .filter((each) => apart(each) <= slackMs)
      .sort((a, b) => Number(a.kind !== run.kind) - Number(b.kind !== run.kind) || apart(a) - apart(b));
    if (match) left.splice(left.indexOf(match), 1);
    else more.push(run);
  }
  return { same: after.length - more.length, fewer: left, more };
}
