/** A promotion is provisional until labels say that it was one for the better. */
import { milliseconds } from '#contracts/duration.ts';
import type { Cohort, Judgement, LoopMemory } from '#contracts/loop.ts';
import type { Provisional } from '#contracts/loop-answers.ts';
import type { LoopPolicy } from '#contracts/loop-policy.ts';
import { later } from './clock.ts';
import { plain } from './finding.ts';

/** Those whose labels are in at event time `at`, and that nobody judges yet. */
export function matured({ provisional, labelsUntil }: LoopMemory, policy: LoopPolicy, at: string): Provisional[] {
  const cohort = policy.watch?.provisional?.cohort;
  return provisional
    .filter(({ judging }) => !judging)
    .filter(({ maturesAt, promotedAt, again }) => {
      if (Date.parse(maturesAt) <= Date.parse(at)) return true;
      // Labels may come sooner than they must. They are there still when they were too few: then it is time that is waited for.
      if (again || !cohort || !labelsUntil) return false;
      return Date.parse(labelsUntil) >= Date.parse(later(promotedAt, milliseconds(cohort)));
    })
    .map(promotion);
}

/** Without what is remembered of its judgement. */
export function promotion({ judging: _judging, again: _again, worse: _worse, ...rest }: Cohort): Provisional {
  return rest;
}

/** A cohort without enough labels, or whose rollback was refused, is looked at again after this, event time. */
const PATIENCE_MS = 86_400_000;

/** What it was found to be is found anew then. */
export function lookedAtLater({ worse: _worse, ...cohort }: Cohort, at: string): Cohort {
  return { ...cohort, judging: false, again: true, maturesAt: later(at, PATIENCE_MS) };
}

/** Those over `version`, which is worse than `previous`, are measured by that one, and rolled back to it. */
export function judgedAgainst(cohorts: readonly Cohort[], { version, previous }: Overtaken): Cohort[] {
  return cohorts.map((each) => (each.previous === version ? { ...each, previous } : each));
}
type Overtaken = Pick<Provisional, 'version' | 'previous'>;

/**
 * It turned out worse, and another one took its place already: for being better than it, which says little now.
 * @returns what changes, and in words what is judged otherwise
 */
export function overtaken(
  { provisional, run }: LoopMemory,
  { version, previous }: Overtaken,
): { memory: Pick<LoopMemory, 'provisional' | 'run'>; words: string } {
  const worse = { version, previous };
  const over = provisional.filter((each) => each.previous === version);
  return {
    // The run that goes on may have promoted one, and not have ended.
    memory: { provisional: judgedAgainst(provisional, worse), run: run && { ...run, worse } },
    words: over.map((each) => `; version ${each.version} is judged against version ${previous} now`).join(''),
  };
}

export interface CohortVerdict {
  outcome: 'confirmed' | 'worse' | 'unknown';
  words: string;
  /** In the metric's unit, positive when the new champion is better; NaN when it was not measured. */
  difference: number;
}

/** Worse by more than the tolerance: back. As good, or not measured by enough rows: it stays. */
export function judgeCohort(judgement: Judgement, tolerance: number): CohortVerdict {
  const { champion, previous, higherIsBetter, metric, version, rows } = judgement;
  if (champion === null || previous === null)
    return {
      outcome: 'unknown',
      difference: Number.NaN,
      words: `version ${version} cannot be judged yet: ${plain(rows)} labelled rows of its cohort are too few for ${metric}`,
    };
  const difference = higherIsBetter ? champion - previous : previous - champion;
  const figures = `${metric} ${plain(champion)} against ${plain(previous)} of the one before, on ${plain(rows)} labelled rows`;
  if (difference < -tolerance)
    return {
      outcome: 'worse',
      difference,
      words: `version ${version} turned out worse: ${figures}, ${plain(tolerance)} is tolerated`,
    };
  return { outcome: 'confirmed', difference, words: `version ${version} is confirmed: ${figures}` };
}
