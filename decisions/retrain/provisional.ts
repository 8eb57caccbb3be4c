/** A promotion is provisional until labels say that it was one for the better. */
import { milliseconds } from '#contracts/duration.ts';
import type { Judgement, LoopMemory } from '#contracts/loop.ts';
import type { Provisional } from '#contracts/loop-answers.ts';
import type { LoopPolicy } from '#contracts/loop-policy.ts';
import { later } from './clock.ts';
import { plain } from './finding.ts';

/** Those whose labels are in at event time `at`, and that nobody judges yet. */
export function matured({ provisional, labelsUntil }: LoopMemory, policy: LoopPolicy, at: string): Provisional[] {
  const cohort = policy.watch?.provisional?.cohort;
  return provisional
    .filter(({ judging }) => !judging)
    .filter(({ maturesAt, promotedAt }) => {
      if (Date.parse(maturesAt) <= Date.parse(at)) return true;
      // Labels may come sooner than they must.
      return cohort && labelsUntil && Date.parse(labelsUntil) >= Date.parse(later(promotedAt, milliseconds(cohort)));
    })
    .map(({ judging: _judging, ...rest }) => rest);
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
