/** The stage `promote`: asks `model/<name>` to make the version champion, if the one it was judged against still is. */
import type { Promotion } from '../ports/promotion.ts';
import type { StageWork } from '../stage.ts';
import { effectKey } from './effect-key.ts';

export function createPromote(deps: { promotion: Promotion }): StageWork<'promote'> {
  return async ({ version }, { run, signal, progress }) => {
    const target = { model: version.model, environment: run.environment, asker: run.id, signal };
    progress(`asking for version ${version.version} of ${version.model} to become champion`);
    const answer = await deps.promotion.move(target, {
      key: effectKey(version.digest, version.verdict.digest),
      to: version,
      expect: version.verdict.against,
      by: `${run.id} (${run.trigger.who})`,
    });
    progress(answer.outcome === 'promoted' ? `champion is version ${answer.champion}` : 'is champion already');
    return answer;
  };
}
