import { InvalidArgumentError } from 'commander';
import type { Verb } from '../../kit/verb.ts';

const day = (text: string): string => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError(`"${text}" is not a day: write 2013-04-22`);
  return text;
};
const days = (text: string): number => {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError(`"${text}" is not a whole number of days`);
  return count;
};

export const demo: Verb = (program) => {
  program
    .command('demo')
    .summary('a year of retraining in minutes, on servers of its own')
    .description(
      'Walks pipelines/flight-delays through 2013 on an embedded stack in .ratchet/demo/: trains, judges, promotes or refuses, ' +
        'kills a worker in mid-training on the way, and ends with a table. It begins with an empty data folder each time.',
    )
    .option('--from <day>', 'first window ends here', day, '2013-04-22')
    .option('--to <day>', 'no window ends after this', day, '2013-10-07')
    .option('--every <days>', 'days between windows', days, 28)
    .option('--loop', 'instead: a year of a pipeline that starts by itself, and why it did or did not')
    .option('--keep', 'leave the servers running, to look around')
    .action(async (options: { from: string; to: string; every: number; keep?: boolean; loop?: boolean }) => {
      if (options.loop) {
        const { runLoopDemo } = await import('./loop/loop-demo.ts');
        return runLoopDemo(options);
      }
      const { runDemo } = await import('./demo.ts');
      await runDemo(options);
    });
};
