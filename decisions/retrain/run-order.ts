/** The run that the reasons ask for. */

import type { Reason } from '#contracts/decision.ts';
import type { LoopFacts, LoopMemory, RunOrder } from '#contracts/loop/activities.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { workflowId } from '#contracts/names.ts';
import type { Trigger } from '#contracts/trigger.ts';

/** Reasons that travel with a run; all of them are in the decision. */
const REASONS = 20;
const WORDS = 500;

/**
 * Names the next run. Who asks by hand names it himself, so that asking again after years finds the same run; every other
 * one is numbered by the decision that it first appears in, which no other decision of the pipeline shares.
 */
export function triggerId(reasons: readonly Reason[], facts: LoopFacts, at: string, number: number): string {
  const asked = facts.fired.find(({ trigger }) => trigger === 'manual');
  if (asked && /^[A-Za-z0-9][A-Za-z0-9_.:@=+-]{0,99}$/.test(asked.id)) return asked.id;
  return `${reasons[0]?.kind ?? 'manual'}-${at.slice(0, 19).replace(/[-:]/g, '')}Z-${number}`;
}

export function runOrder(
  policy: LoopPolicy,
  next: NonNullable<LoopMemory['next']>,
  reasons: readonly Reason[],
  at: string,
): RunOrder {
  const [first] = reasons;
  const trigger: Trigger = {
    kind: first?.kind ?? 'manual',
    id: next.triggerId,
    reason: shortened(reasons.map(({ words }) => words).join('; '), WORDS),
    figures: Object.assign({}, ...reasons.map(({ figures }) => figures)),
    who: first?.who ?? 'unknown',
    at,
    reasons: reasons.slice(0, REASONS).map(({ kind, words, figures, threshold, source, evidence }) => ({
      kind,
      words,
      figures,
      threshold,
      source,
      evidence: evidence.slice(-10),
    })),
  };
  const asOf: Record<string, string> =
    policy.asOf === null ? {} : { asOf: policy.asOf === 'date' ? at.slice(0, 10) : at };
  return {
    runId: workflowId.run(policy.pipeline, next.triggerId),
    trigger,
    asOf: at,
    params: asOf,
  };
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
