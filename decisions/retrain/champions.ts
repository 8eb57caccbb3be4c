/** What a move of the champion makes of evidence: what was measured of the one before says nothing of the new one. */
import type { LoopMemory } from '#contracts/loop/activities.ts';
import type { Evidence } from '#contracts/loop/evidence.ts';

/** Far more than are measured at any time. */
const REMEMBERED = 50;

/**
 * `version` took the place of `before`: facts about `before` are answered.
 * @param epoch the ledger's number of the move: one that is told after a later one, or again, says only who is champion no more
 */
export function replaces(memory: LoopMemory, version: string, before: string | null, epoch?: number): LoopMemory {
  const late = epoch !== undefined && memory.champion !== undefined && epoch <= memory.champion.epoch;
  const champion = late ? memory.champion?.version : version;
  const gone = [...(before === null ? [] : [before]), ...(late ? [version] : [])].filter((each) => each !== champion);
  const others = (memory.replaced ?? []).filter((each) => each !== champion && !gone.includes(each));
  const replaced = [...others, ...gone].slice(-REMEMBERED);
  const { facts } = memory;
  return {
    ...memory,
    ...(late || epoch === undefined ? {} : { champion: { version, epoch } }),
    replaced,
    facts: {
      ...facts,
      drift: facts.drift.filter(({ reference }) => reference === null || !replaced.includes(reference)),
      metrics: facts.metrics.filter((each) => each.version === null || !replaced.includes(each.version)),
    },
  };
}

/** The version that a piece of evidence is about, when that is champion no more; null otherwise, or where it does not say. */
export function aboutReplaced({ replaced = [] }: LoopMemory, evidence: Evidence): string | null {
  const version =
    evidence.kind === 'metricObserved'
      ? evidence.version
      : evidence.kind === 'driftMeasured'
        ? evidence.reference
        : null;
  return version !== null && replaced.includes(version) ? version : null;
}
