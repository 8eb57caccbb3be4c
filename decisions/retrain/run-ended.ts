/** What a run's end changes: counters, watermark, what is put back, and what is provisional from now on. */
import type { LoopMemory, RunEnd } from '#contracts/loop/activities.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { replaces } from './champions.ts';
import { noFacts, restored } from './facts.ts';
import { begun, type Ended, hasBegun, noted } from './provisional.ts';

const failed = new Set<RunEnd['status']>(['failed', 'terminated']);
const refused = new Set<RunEnd['status']>(['refused', 'inconclusive']);
/**
 * @returns the memory after it; probations that it ended; and why the circuit breaker opens, null when it does not
 */
export function afterRun(
  memory: LoopMemory,
  policy: LoopPolicy,
  ended: RunEnd,
  at: string,
): { memory: LoopMemory; ended: Ended[]; broken: string | null } {
  const { run } = memory;
  // Started by hand, beside the loop: what it trained on is known, nothing else changes.
  if (!run || run.runId !== ended.runId) return { memory, ended: [], broken: null };
  const { failures: mostFailures, refusals: mostRefusals } = policy.limits.breaker;
  const failures = failed.has(ended.status) ? memory.failures + 1 : ended.status === 'cancelled' ? memory.failures : 0;
  const refusals = refused.has(ended.status)
    ? memory.refusals + 1
    : failed.has(ended.status) || ended.status === 'cancelled'
      ? memory.refusals
      : 0;
  const broken =
    failures >= mostFailures
      ? `${failures} runs in a row failed`
      : refusals >= mostRefusals
        ? `${refusals} runs in a row brought nothing better`
        : null;
  const trained = !failed.has(ended.status) && ended.status !== 'cancelled';
  const promotion = promotionOf(ended);
  // The ledger may have told it before the run had ended.
  const fresh = promotion && !hasBegun(memory, promotion) ? promotion : null;
  const probation = fresh && begun(memory, policy, fresh, run.at);
  const after: LoopMemory = {
    ...memory,
    run: null,
    failures,
    refusals,
    broken: broken === null ? memory.broken : { reason: broken, at },
    facts: trained ? memory.facts : restored(memory.facts, putBack(run.facts, ended.status), policy.triggers),
    watermark: trained ? { at: run.at, runId: run.runId } : memory.watermark,
    provisional: probation?.provisional ?? memory.provisional,
  };
  return {
    broken,
    ended: probation?.ended ?? [],
    memory: fresh
      ? replaces({ ...after, begun: noted(memory, fresh) }, fresh.version, fresh.previous, fresh.epoch)
      : after,
  };
}

/** A step that fails after a promotion takes nothing of it back. */
function promotionOf({ runId, promoted, status, modelVersion, previous }: RunEnd) {
  if (promoted) return { runId, ...promoted };
  return status === 'promoted' && modelVersion !== null ? { runId, version: modelVersion, previous } : null;
}

/** Who asked by hand has his answer: the failed run. A run that somebody cancelled leaves only the data that it did not train on. */
function putBack(facts: LoopMemory['facts'], status: RunEnd['status']): LoopMemory['facts'] {
  const { newRows, newPartitions, pending = [], data } = facts;
  if (status === 'cancelled') return { ...noFacts, newRows, newPartitions, pending, data };
  return { ...facts, fired: facts.fired.filter(({ trigger }) => trigger !== 'manual') };
}
