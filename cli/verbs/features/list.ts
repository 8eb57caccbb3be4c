import type { Verb } from '../../kit/verb.ts';

export const featuresList: Verb = (features) => {
  features
    .command('list')
    .summary('every feature: its type, entity, source and owner; and the services')
    .description('Lists what a module of definitions has.\n\nExample: ratchet features list --definitions features.ts')
    .option('--definitions <file>', 'the module that exports defineFeatures(…)', 'features.ts')
    .option('--json', 'print one JSON object')
    .action(async (options: { definitions: string; json?: boolean }) => {
      const { listFeatures } = await import('./list-features.ts');
      await listFeatures(options);
    });
};
