import type { Verb } from '../../kit/verb.ts';
import type { FigureOptions } from './show-figures.ts';

export const metrics: Verb = (program) => {
  const own = program
    .command('metrics')
    .summary('what the stages of dvc.yaml measured, and how it changed')
    .description('Reads the files that stages of dvc.yaml name as metrics, in the workspace and in revisions of Git.');
  own
    .command('show')
    .summary('metrics of the workspace, and of revisions')
    .argument('[revision...]', 'branches, tags or commits beside the workspace')
    .option('--json', 'print one JSON object, as `dvc metrics show --json`')
    .action(async (revisions: string[], options: FigureOptions) => {
      const { showFigures } = await import('./show-figures.ts');
      await showFigures(revisions, options);
    });
  own
    .command('diff')
    .summary('what changed between two revisions, or since one')
    .argument('[from]', 'a branch, a tag or a commit', 'HEAD')
    .argument('[to]', 'another one; default the workspace')
    .option('--all', 'also what is the same')
    .option('--json', 'print one JSON object, as `dvc metrics diff --json`')
    .action(async (from: string, to: string | undefined, options: FigureOptions) => {
      const { diffOf } = await import('./show-figures.ts');
      await diffOf('metrics', from, to, options);
    });
};
