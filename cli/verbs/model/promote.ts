import { userInfo } from 'node:os';
import type { Verb } from '../../kit/verb.ts';
import type { PromoteOptions } from './promote-version.ts';

export const promote: Verb = (program) => {
  program
    .command('promote')
    .summary('make a version champion: on its own verdict, or with a reason of yours')
    .description(
      'Asks the model’s ledger to make the version champion, if its verdict passed against the champion that there is. With --reason it is a move by a person, as a rollback is: no verdict is asked for. Of the champion itself it puts aliases and stages back that were set by hand.',
    )
    .argument('<model@version>', 'for example flight-delays@7 or flight-delays@candidate')
    .option('--reason <text>', 'why, whatever its verdict is; for the ledger')
    .option('--as <name>', 'who decides', userInfo().username)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      "\nFor example:\n  ratchet model promote flight-delays@candidate\n  ratchet model promote flight-delays@4 --reason 'version 5 is slow on the phones'",
    )
    .action(async (version: string, options: PromoteOptions) => {
      const { promoteVersion } = await import('./promote-version.ts');
      await promoteVersion(version, options);
    });
};
