import type { Verb } from '../../kit/verb.ts';

export const show: Verb = (program) => {
  program
    .command('show')
    .summary('show one run: its nodes, its verdict, and why')
    .argument('<run>', 'run id, as `ratchet runs` prints it')
    .option('--json', 'print the whole record (or the progress of a live run) as one JSON object')
    .action(async (run: string, options: { json?: boolean }) => {
      const { showRun } = await import('./show-run.ts');
      await showRun(run, options.json ?? false);
    });
};
