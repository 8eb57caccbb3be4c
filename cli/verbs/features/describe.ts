import type { Verb } from '../../kit/verb.ts';
import type { DescribeOptions } from './describe/describe-features.ts';

export const featuresDescribe: Verb = (features) => {
  features
    .command('describe')
    .summary('one entity, view, on-demand definition or service, and who uses it')
    .description(
      'Says what a name of the definitions means. With --html it looks into the sources, too: how new they are, and how the features of up to 10,000 entities ' +
        'are spread (functions on demand are left out: what a request gives is not known).',
    )
    .argument('<name>', 'its name, or view:feature')
    .option('--definitions <file>', 'the module that exports defineFeatures(…)', 'features.ts')
    .option('--html <file>', 'write a page: definition, freshness, distributions, who uses it')
    .option(
      '--at <time>',
      'the moment that the distributions are of (ISO, UTC without a zone); default: when all rows of the source are known',
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  ratchet features describe payments\n  ratchet features describe fraud --html fraud.html\n',
    )
    .action(async (name: string, options: DescribeOptions) => {
      const { describeFeatures } = await import('./describe/describe-features.ts');
      await describeFeatures(name, options);
    });
};
