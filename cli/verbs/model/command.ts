import type { Verb } from '../../kit/verb.ts';
import { audit } from './audit.ts';

export const model: Verb = (program) => {
  const command = program
    .command('model')
    .summary('versions of a registered model: the account of each')
    .description(
      'What is kept of a registered model for years. Names are as MLflow has them: with the environment’s prefix.',
    );
  for (const verb of [audit]) verb(command);
};
