import { userInfo } from 'node:os';
import type { Verb } from '../../kit/verb.ts';
import type { ArchiveOptions } from './archive-version.ts';

export const archive: Verb = (program) => {
  program
    .command('archive')
    .summary('put a version away: it waits no more, and no run makes it champion')
    .description('Moves a version to the stage Archived for good. Never the champion: make another one champion first.')
    .argument('<model@version>', 'for example flight-delays@7')
    .requiredOption('--reason <text>', 'why, for the ledger and the version’s tags')
    .option('--as <name>', 'who decides', userInfo().username)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      "\nFor example:\n  ratchet model archive flight-delays@7 --reason 'a feature leaks the label'",
    )
    .action(async (version: string, options: ArchiveOptions) => {
      const { archiveAsked } = await import('./archive-version.ts');
      await archiveAsked(version, options);
    });
};
