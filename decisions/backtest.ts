/** What other triggers would have made of what the loop was told. */
import type { LoopInput, LoopMemory, RunEnd } from '#contracts/loop.ts';
import type { LoopPolicy } from '#contracts/triggers.ts';
import { decideLoop } from './retrain.ts';

export interface Batch {
  now: string;
  inputs: LoopInput[];
}
export interface ReplayedRun {
  /** Event time. */
  at: string;
  kind: string;
  reason: string;
}

/**
 * Decides anew upon every batch. What a run of the other policy would have come to is not known: it counts as one that
 * ended well before the next batch. Pauses and resumes of people happen as they did.
 */
export function replayed(policy: LoopPolicy, batches: readonly Batch[]): ReplayedRun[] {
  const runs: ReplayedRun[] = [];
  let memory: LoopMemory | null = null;
  for (const { now, inputs } of batches) {
    const told = inputs.filter(({ kind }) => kind !== 'runEnded' && kind !== 'judged' && kind !== 'rolledBack');
    const ended: LoopInput[] = memory?.run ? [{ kind: 'runEnded', ended: wellEnded(memory.run.runId) }] : [];
    const step = decideLoop({ policy, memory, inputs: [...ended, ...told], now });
    memory = step.memory;
    if (step.start) {
      const { kind, reason, at } = step.start.trigger;
      runs.push({ at, kind, reason });
    }
  }
  return runs;
}

function wellEnded(runId: string): RunEnd {
  return { runId, status: 'finished', verdict: null, modelVersion: null, previous: null, reasons: [] };
}

/** Of two lists of runs, those that only one has: a run within `slackMs` of another one counts as the same. */
export function compared(
  before: readonly ReplayedRun[],
  after: readonly ReplayedRun[],
  slackMs = 86_400_000,
): { same: number; fewer: ReplayedRun[]; more: ReplayedRun[] } {
  const left = [...before];
  const more: ReplayedRun[] = [];
  for (const run of after) {
    const match = left.findIndex(({ at }) => Math.abs(Date.parse(at) - Date.parse(run.at)) <= slackMs);
    if (match < 0) more.push(run);
    else left.splice(match, 1);
  }
  return { same: after.length - more.length, fewer: left, more };
}
