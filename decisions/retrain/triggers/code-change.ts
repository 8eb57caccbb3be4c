import { ANY_PATH } from '#contracts/loop/evidence.ts';
import { holds, IDS_NAMED, lacks, sources } from '../finding.ts';
import { matching } from '../paths.ts';
import type { Of, TriggerKind } from './trigger-kind.ts';

export const codeChange: TriggerKind<Of<'codeChange'>> = {
  judge: (condition, facts) => {
    const found = facts.code.map((change) => ({ change, paths: matching(change.paths, condition.paths) }));
    const hits = found.filter(({ paths }) => paths.length > 0);
    const paths = [...new Set(hits.flatMap((hit) => hit.paths))];
    const shown = paths.map((path) => (path === ANY_PATH ? 'any path (the push does not tell which)' : path));
    const last = hits.at(-1)?.change;
    if (!last) return lacks(`a change of ${condition.paths.join(', ')}`);
    return holds({
      kind: 'codeChange',
      words: `${shown.slice(0, 3).join(', ')}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''} changed${hits.length > 1 ? ` in ${hits.length} commits` : last.commit ? ` in ${last.commit.slice(0, 12)}` : ''}`,
      figures: { changed_files: paths.length },
      source: sources(hits.map(({ change }) => change)),
      who: last.who,
      evidence: hits.map(({ change }) => change.id).slice(-IDS_NAMED),
    });
  },
  needs: [],
};
