import { milliseconds } from '#contracts/duration-text.ts';
import { readDuration } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { GarbageOptions } from './collect-garbage.ts';

export const gc: Verb = (program) => {
  program
    .command('gc')
    .summary('what of the object store nothing needs any more; --delete collects it')
    .description(
      'Finds objects that nothing refers to: no run that goes on, no record of a run within its retention, no registered version, no deployed loop, no result of a step within its own. ' +
        'With --delete they go to the trash, from where whoever asks for one takes it back, and what lay there for another grace period is deleted. ' +
        'Records, decisions and what Ratchet did not write are left alone.',
    )
    .option('--delete', 'collect; without it nothing is touched')
    .option('--dry-run', 'only say what would go: the default')
    .option(
      '--grace <time>',
      'keep what was written since; default 7d, at least 1d',
      readDuration('1d'),
      milliseconds('7d'),
    )
    .option(
      '--keep-runs <time>',
      'keep the data of runs and decisions that ended since; default 90d',
      readDuration('1d'),
      milliseconds('90d'),
    )
    .option(
      '--keep-cache <time>',
      'keep results of steps that were computed since; default 30d',
      readDuration('1d'),
      milliseconds('30d'),
    )
    .option(
      '--unmarked',
      'also files of which nothing says that Ratchet made them: of early versions, or pushed by DVC',
    )
    .option(
      '--gone <cluster/namespace...>',
      'another Temporal that used this store and is no more: what only its runs that had not ended need is collected, too',
    )
    .option('--json', 'print one JSON object')
    .action(async (options: GarbageOptions) => {
      const { collectGarbage } = await import('./collect-garbage.ts');
      await collectGarbage(options);
    });
};
