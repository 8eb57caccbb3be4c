import type { Verb } from '../../kit/verb.ts';
import { archive } from './archive.ts';
import { audit } from './audit.ts';
import { list } from './list.ts';
import { promote } from './promote.ts';

export const model: Verb = (program) => {
  const command = program
    .command('model')
    .summary('registered models and their versions: list, promote, archive, the account of each')
    .description(
      'What MLflow’s registry has of a model, beside the ledger that says which version is champion, and what is kept of it for years. Names are as MLflow has them: with the environment’s prefix. A version is named MODEL@VERSION: flight-delays@7.',
    );
  for (const verb of [list, promote, archive, audit]) verb(command);
};
