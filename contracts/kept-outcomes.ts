/** Which outcomes go along where not all have room: what is left out is done again, and that must not be an effect. */
import { jsonBytes } from './json.ts';
import type { NodeRecord } from './run.ts';

interface Room {
  /** Bytes of JSON for all of them. */
  all: number;
  /** Bytes of JSON for effects alone, where that is more; default `all`. */
  effects?: number;
  /** What a step is that the plan does not name, as a child workflow, has an effect. */
  steps: Readonly<Record<string, { effect: boolean }>>;
}

/**
 * In their order. First those of effects, which nothing else remembers; then those that no cache holds; then the others.
 * Small ones first, so that most are kept.
 * @returns `repeated`: how many effects found no room
 */
export function keepable(
  outcomes: readonly NodeRecord[],
  { all, effects = all, steps }: Room,
): { kept: NodeRecord[]; repeated: number } {
  const sized = outcomes.map((outcome) => {
    const rank = (steps[outcome.step]?.effect ?? true) ? 0 : outcome.key === null ? 1 : 2;
    return { outcome, rank, bytes: jsonBytes(outcome) + 1 };
  });
  const chosen = new Set<NodeRecord>();
  let taken = 2;
  for (const { outcome, rank, bytes } of sized.toSorted((a, b) => a.rank - b.rank || a.bytes - b.bytes)) {
    if (taken + bytes > (rank === 0 ? Math.max(all, effects) : all)) continue;
    chosen.add(outcome);
    taken += bytes;
  }
  const kept = outcomes.filter((outcome) => chosen.has(outcome));
  return { kept, repeated: sized.filter(({ outcome, rank }) => rank === 0 && !chosen.has(outcome)).length };
}
