import { userInfo } from 'node:os';
import type { Verb } from '../../kit/verb.ts';
import type { RollbackOptions } from './roll-back.ts';

export const rollback: Verb = (program) => {
  program
    .command('rollback')
    .summary('make the previous champion champion again')
    .description(
      'Moves the alias `champion` of a registered model, and its stage Production, back to the previous version, or to one that you name. While MLflow is away the rollback is queued (exit code 4), and done when it is back.',
    )
    .argument('<model>', "registered model, as MLflow calls it: with the environment's prefix")
    .option('--to <version>', 'this version instead of the previous one')
    .requiredOption('--reason <text>', 'why, for the ledger')
    .option('--as <name>', 'who decides', userInfo().username)
    .option('--json', 'print one JSON object')
    .action(async (model: string, options: RollbackOptions) => {
      const { rollBack } = await import('./roll-back.ts');
      await rollBack(model, options);
    });
};
