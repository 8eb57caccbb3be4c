/** The answer to the query `status`. */

import type { Decision } from '#contracts/decision.ts';
import type { Json } from '#contracts/json.ts';
import type { LoopMemory } from '#contracts/loop/activities.ts';
import type { LoopStatus } from '#contracts/loop/answers.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { workflowId } from '#contracts/names.ts';

export function loopStatus(
  pipeline: string,
  memory: LoopMemory | null,
  policy: LoopPolicy | null,
  more: { decisions: Decision[]; taken: number; undecided: number; watch: Json },
): LoopStatus {
  const view = memory?.view;
  const budget = policy?.limits.budget;
  return {
    pipeline,
    state: view?.state ?? 'idle',
    note: view?.note ?? '',
    clock: memory?.clock?.at ?? null,
    run: memory?.run ? { runId: memory.run.runId, startedAt: memory.run.at } : null,
    next: memory?.next
      ? {
          runId: workflowId.run(pipeline, memory.next.triggerId),
          reasons: memory.view.reasons,
          held: memory.view.held,
        }
      : null,
    lacking: view?.lacking ?? [],
    watermark: memory?.watermark ?? null,
    newRows: memory?.facts.newRows ?? 0,
    newPartitions: memory?.facts.newPartitions ?? 0,
    growing: memory?.facts.growing ?? null,
    coolingUntil: view?.held.find(({ rule }) => rule === 'coolDown')?.until ?? null,
    budget: budget
      ? { month: memory?.month.month ?? '', used: memory?.month.used ?? 0, of: budget.runsPerMonth }
      : null,
    failures: memory?.failures ?? 0,
    refusals: memory?.refusals ?? 0,
    provisional: memory?.provisional ?? [],
    decisions: more.decisions,
    decided: memory?.number ?? 0,
    taken: more.taken,
    undecided: more.undecided,
    policy,
    watch: more.watch,
  };
}
