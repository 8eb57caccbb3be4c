/** Rows of the holdout that earlier verdicts of the model used: what is asked and noted, and what the evidence says of it. */
import type { ClaimAnswer, Reuse } from '#contracts/holdout-use.ts';
import type { UsedRows } from '#measures/evaluation/overlap.ts';
import type { HoldoutUses } from '#ports/holdout-uses.ts';
import { registeredModel } from '../../release/effect-key.ts';
import { sha256 } from '../../sha256.ts';
import type { StageContext } from '../../stage.ts';
import type { EvaluateInput } from './models.ts';

/** Characters of a digest that name a use among the hundred of a model. */
const NAME = 20;

export interface Claimed extends ClaimAnswer {
  readonly key: string;
}

/**
 * Null where nothing can be promoted: of a pipeline without a model, and of the champion itself. The claim's name is of what is judged, never of who judges: a
 * repeat, a retry that kept the candidate, and a run that judges again because the champion moved make the same one.
 */
export async function claimRows(
  uses: Pick<HoldoutUses, 'claim'> | undefined,
  input: EvaluateInput,
  { run, signal }: StageContext,
): Promise<Claimed | null> {
  if (!uses || run.model === null || input.champion?.digest === input.candidate.digest) return null;
  const { candidate, holdout, looks = 1 } = input;
  const window = holdout.origin?.window;
  const key = sha256(`${candidate.digest}\n${holdout.digest}`).slice(0, NAME);
  const answer = await uses.claim(
    { model: registeredModel(run), environment: run.environment, asker: run.id, signal },
    {
      ...{ key, looks, run: sha256(run.id).slice(0, NAME) },
      holdout: {
        digest: holdout.digest,
        from: window ? Date.parse(window.from) : null,
        to: window ? Date.parse(window.to) : null,
      },
    },
  );
  return { ...answer, key };
}

/** What an inconclusive verdict saw may be looked at again where looks are left: it counts, and is not left out. */
export function usedRows({ holdout, fresh = false }: EvaluateInput, { earlier }: ClaimAnswer): UsedRows {
  const counting = earlier.filter(({ state }) => state === 'used' || !fresh);
  const spans = counting.flatMap(({ from, to }) => (from === null || to === null ? [] : [{ from, to }]));
  // The very dataset; or one whose span meets others, and nobody knows the times of its rows.
  const all = spans.length < counting.length || (spans.length > 0 && !holdout.origin?.times);
  return { spans, all, leaveOut: fresh };
}

export const reuseOf = (
  { fresh = false, looks = 1 }: EvaluateInput,
  { key, earlier, look }: Claimed,
  rows: number,
): Reuse => ({
  ...{ key, rows, fresh, look, looks },
  verdicts: earlier.filter(({ state }) => state === 'used' || !fresh).length,
});
