import { readCount, readPipelineName } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';

export const runs: Verb = (program) => {
  program
    .command('runs')
    .summary('list runs: those that go on, and what came of the others')
    .argument('[pipeline]', 'of one pipeline only', readPipelineName)
    .option('--limit <count>', 'most to list', readCount, 20)
    .option('--json', 'print one JSON array')
    .action(async (pipeline: string | undefined, options: { limit: number; json?: boolean }) => {
      const { printRuns } = await import('./list-runs.ts');
      await printRuns(pipeline, options);
    });
};
