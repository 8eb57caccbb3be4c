import { userInfo } from 'node:os';
import type { Verb } from '../kit/verb.ts';

export const retry: Verb = (program) => {
  program
    .command('retry')
    .summary('take up a failed run: what is done stays done')
    .description(
      'Starts run/<…>/r2 from the record of a run that failed or was cancelled. Code is read anew, so mend it first; nodes that were done are kept, and a trainer goes on from its checkpoint.',
    )
    .argument('<run>', 'run id, as `ratchet runs` prints it')
    .option('--as <name>', 'who starts it', userInfo().username)
    .option('--wait', 'follow it to its end')
    .option('--json', 'print one JSON object')
    .action(async (run: string, options: { as: string; wait?: boolean; json?: boolean }) => {
      const { retryRun } = await import('../kit/runs/take-up.ts');
      await retryRun(run, options);
    });
};
