import { readCount } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { ListOptions } from './list-models.ts';

export const list: Verb = (program) => {
  program
    .command('list')
    .summary('models, or the versions of one: stage, aliases, verdict')
    .argument('[model]', "registered model, as MLflow calls it: with the environment's prefix")
    .option('--stage <stage>', 'only those in Staging, Production, Archived or None')
    .option('--limit <count>', 'newest versions to list', readCount, 20)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nFor example:\n  ratchet model list\n  ratchet model list flight-delays --stage Archived')
    .action(async (name: string | undefined, options: ListOptions) => {
      const { listModels } = await import('./list-models.ts');
      await listModels(name, options);
    });
};
