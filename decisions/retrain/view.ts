/** How the loop stands, for people. */

import type { Hold } from '#contracts/decision.ts';
import type { LoopMemory } from '#contracts/loop/activities.ts';
import type { LoopLimits } from '#contracts/trigger-condition.ts';
import type { Finding } from './finding.ts';
import { coolingUntil } from './holds.ts';

export function viewOf(
  memory: LoopMemory,
  limits: LoopLimits,
  at: string,
  finding: Finding,
  held: Hold[],
): LoopMemory['view'] {
  const cooling = coolingUntil(memory.lastRunAt, limits, at);
  const shown = { reasons: finding.reasons, held, lacking: finding.lacking };
  if (memory.broken) return { ...shown, state: 'broken', note: memory.broken.reason };
  if (memory.paused)
    return { ...shown, state: 'paused', note: `paused by ${memory.paused.by}: ${memory.paused.reason}` };
  if (memory.run) return { ...shown, state: 'running', note: memory.run.runId };
  const first = held[0];
  if (memory.next && first)
    return { ...shown, state: first.rule === 'coolDown' ? 'cooling' : 'collecting', note: first.words };
  if (cooling) return { ...shown, state: 'cooling', note: `until ${cooling}` };
  const { newRows, newPartitions, code, fired, drift, metrics } = memory.facts;
  const something = newRows + newPartitions + code.length + fired.length + drift.length + metrics.length > 0;
  return { ...shown, state: something ? 'collecting' : 'idle', note: '' };
}
