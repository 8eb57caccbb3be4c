/** The stage `promote`: asks `model/<name>` to make the version champion, if the one it was judged against still is. */
import type { Promotion } from '#ports/promotion.ts';
import type { Tracking } from '#ports/tracking.ts';
import type { StageWork } from '../stage.ts';
import { effectKey } from './effect-key.ts';
import { pastChampion } from './past-champion.ts';

export interface PromoteDeps {
  promotion: Promotion;
  tracking: Pick<Tracking, 'alias' | 'championOf' | 'versions'>;
}

export function createPromote(deps: PromoteDeps): StageWork<'promote'> {
  return async ({ version }, { run, signal, progress }) => {
    const target = { model: version.model, environment: run.environment, asker: run.id, signal };
    const { later } = await pastChampion(deps.tracking, version.model, run.asOf);
    // The champion itself, by a run that was started a moment before its own: the ledger answers that it is.
    if (later && later.version !== version.version) {
      const { against } = version.verdict;
      const judged = against === null ? 'there was none then' : `version ${against} was champion then`;
      const reason = `version ${later.version} is champion and stays: it was made for ${later.asOf}, after this run's ${run.asOf}, so this verdict is not on it (${judged})`;
      progress(reason);
      return { outcome: 'later-champion', champion: later.version, previous: against, epoch: 0, reason };
    }
    progress(`asking for version ${version.version} of ${version.model} to become champion`);
    const answer = await deps.promotion.move(target, {
      key: effectKey(version.digest, version.verdict.digest),
      to: version,
      expect: version.verdict.against,
      by: `${run.id} (${run.trigger.who})`,
    });
    if (answer.note) progress(answer.note);
    progress(answer.outcome === 'promoted' ? `champion is version ${answer.champion}` : 'is champion already');
    return answer;
  };
}
