import type { Verb } from '../../kit/verb.ts';
import type { FigureOptions } from '../metrics/show-figures.ts';

export const params: Verb = (program) => {
  const own = program
    .command('params')
    .summary('parameters of dvc.yaml, and how they changed')
    .description(
      'Reads params.yaml and the files of parameters that stages of dvc.yaml name: YAML, JSON, TOML and Python.',
    );
  own
    .command('diff')
    .summary('what changed between two revisions, or since one')
    .argument('[from]', 'a branch, a tag or a commit', 'HEAD')
    .argument('[to]', 'another one; default the workspace')
    .option('--all', 'also what is the same')
    .option('--deps', 'what stages depend on alone')
    .option('--json', 'print one JSON object, as `dvc params diff --json`')
    .action(async (from: string, to: string | undefined, options: FigureOptions) => {
      const { diffOf } = await import('../metrics/show-figures.ts');
      await diffOf('params', from, to, options);
    });
};
