import type { Verb } from '../../kit/verb.ts';

export const featuresDescribe: Verb = (features) => {
  features
    .command('describe')
    .summary('one entity, view, on-demand definition or service, and who uses it')
    .description('Says what a name of the definitions means.\n\nExample: ratchet features describe payments')
    .argument('<name>', 'its name, or view:feature')
    .option('--definitions <file>', 'the module that exports defineFeatures(…)', 'features.ts')
    .option('--json', 'print one JSON object')
    .action(async (name: string, options: { definitions: string; json?: boolean }) => {
      const { describeFeatures } = await import('./describe-features.ts');
      await describeFeatures(name, options);
    });
};
