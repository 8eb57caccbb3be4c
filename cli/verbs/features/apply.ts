import type { Verb } from '../../kit/verb.ts';
import type { ApplyOptions } from './apply-definitions.ts';

export const featuresApply: Verb = (features) => {
  features
    .command('apply')
    .summary('put definitions in force: what the watch holds served vectors against')
    .description(
      "Stores the definitions of features.ts in the project's object store, by their digest, and says what differs from those that were in force. " +
        'The columns of every source are looked at first; a source that cannot be reached from here is named, and no reason to refuse. Nothing that was materialised is touched.',
    )
    .option('--definitions <file>', 'the module that exports defineFeatures(…)', 'features.ts')
    .option('--dry-run', 'only say what would change')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: ratchet features apply --dry-run\n\nExit codes: 0 in force, or as they were; 2 something is wrong with the definitions or a source.\n',
    )
    .action(async (options: ApplyOptions) => {
      const { applyDefinitions } = await import('./apply-definitions.ts');
      await applyDefinitions(options);
    });
};
