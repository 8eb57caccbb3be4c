/** Rows of the holdout that a side was trained on: what is asked of the measurement, and what the evidence says of it. */
import type { Overlap } from '#contracts/overlap.ts';
import { type RowsInCommon, rowsInCommon } from '#decisions/rows-in-common.ts';
import type { SeenRequest } from '#measures/evaluation/overlap.ts';
import type { EvaluateInput } from './models.ts';

/** What each side has seen of the holdout, as far as is known. */
export function seenRequest({ candidate, champion, holdout }: EvaluateInput): Omit<SeenRequest, 'times'> {
  return {
    candidate: rowsInCommon(holdout, candidate.training),
    champion: champion && rowsInCommon(holdout, champion.training),
  };
}

/** What the evidence says of it. */
export function overlapOf(
  { candidate, champion, holdout }: EvaluateInput,
  { candidate: own, champion: theirs }: Omit<SeenRequest, 'times'>,
  counted: { readonly rows: number; readonly candidate: number; readonly champion: number },
): Overlap {
  const side = (name: 'candidate' | 'champion', training: typeof candidate.training, found: RowsInCommon) => ({
    side: name,
    training: training ?? [],
    rows: counted[name],
    windows: found.windows.slice(0, 20),
    unknown: found.unknown.length > 0,
  });
  return {
    rows: counted.rows,
    holdout: holdout.origin?.window ?? null,
    sides: [
      side('candidate', candidate.training, own),
      ...(champion && theirs ? [side('champion', champion.training, theirs)] : []),
    ],
  };
}
