/** Which rows of the holdout hang together, as the input says it or as is known of the rows. */
import { milliseconds } from '#contracts/duration.ts';
import type { DependenceRequest } from '#measures/evaluation/dependence.ts';
import type { EvaluateInput } from './models.ts';

export function unitsBy({ by, time, groupBy, holdout }: EvaluateInput): DependenceRequest['by'] {
  const timed = time !== undefined || holdout.origin?.times !== undefined;
  if (by === 'blocks') return timed ? 'blocks' : 'rows';
  if (by !== undefined) return by;
  return groupBy !== undefined ? 'clusters' : timed ? 'blocks' : 'rows';
}

/** @param times local Parquet with the times that featurize kept, in the column `time`; null: there is none */
export function dependenceRequest(input: EvaluateInput, holdout: string, times: string | null): DependenceRequest {
  const { time, groupBy, block } = input;
  const known = time !== undefined ? { file: holdout, column: time } : times && { file: times, column: 'time' };
  return {
    by: unitsBy(input),
    times: known || null,
    groupBy: groupBy ?? null,
    block: block === undefined ? null : { milliseconds: milliseconds(block), text: block },
  };
}
