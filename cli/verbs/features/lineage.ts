import type { Verb } from '../../kit/verb.ts';
import type { LineageOptions } from './show-lineage.ts';

export const featuresLineage: Verb = (features) => {
  features
    .command('lineage')
    .summary('sources → views → services → the models that were trained with them')
    .description(
      'What feeds what, by the definitions and by what registered versions say they were trained with. Of each model its champion and its newest version; without a reachable MLflow the definitions alone.',
    )
    .argument(
      '[name]',
      'a source, view, on-demand definition, service or model: what it is fed by and what it feeds; default all',
    )
    .option('--html <file>', 'write it as a page')
    .option('--definitions <file>', 'the module that exports defineFeatures(…)', 'features.ts')
    .option('--json', 'print one JSON object: nodes, and edges as pairs of their places')
    .addHelpText('after', '\nExample: ratchet features lineage payments --html lineage.html\n')
    .action(async (name: string | undefined, options: LineageOptions) => {
      const { showLineage } = await import('./show-lineage.ts');
      await showLineage(name, options);
    });
};
