import type { Verb } from '../../kit/verb.ts';
import { archive } from './archive.ts';
import { audit } from './audit.ts';
import { card } from './card.ts';
import { compare } from './compare.ts';
import { copy } from './copy.ts';
import { list } from './list.ts';
import { promote } from './promote.ts';
import { show } from './show.ts';

export const model: Verb = (program) => {
  const command = program
    .command('model')
    .summary('registered models and their versions: list, show, compare, promote, archive, copy, card, audit')
    .description(
      'What MLflow’s registry has of a model, beside the ledger that says which version is champion, and what is kept of it for years. Names are as MLflow has them: with the environment’s prefix. A version is named MODEL@VERSION: flight-delays@7.',
    );
  for (const verb of [list, show, compare, promote, archive, copy, card, audit]) verb(command);
};
