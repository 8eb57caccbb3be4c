import { readCount } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';

export const logs: Verb = (program) => {
  program
    .command('logs')
    .summary('print what a run wrote: its steps and its trainers')
    .description('Prints the output of the nodes of a run, or of one node, as kept on this machine in .ratchet/.')
    .argument('<run>', 'run id, as `ratchet runs` prints it')
    .argument('[node]', 'one node only')
    .option('--lines <count>', 'last lines of each', readCount, 200)
    .action(async (run: string, node: string | undefined, options: { lines: number }) => {
      const { printLogs } = await import('./print-logs.ts');
      await printLogs(run, node, options.lines);
    });
};
