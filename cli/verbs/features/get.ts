import { listOption } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { GetOptions } from './ask-store.ts';

export const featuresGet: Verb = (features) => {
  features
    .command('get')
    .summary('read the features of one entity from the online store')
    .description(
      'Reads what the feature server would answer, with the status of each value: PRESENT, NULL_VALUE, NOT_FOUND or OUTSIDE_MAX_AGE.\n\n' +
        'Examples:\n  ratchet features get customer_id=42 --service fraud\n  ratchet features get customer_id=42 --model fraud@champion',
    )
    .argument('<key=value...>', 'join keys, and fields that on-demand features take')
    .option('--service <name>', 'the features of a service')
    .option('--features <view:feature,…>', 'which features; repeat it for more', listOption)
    .option(
      '--model <name@champion>',
      'the features that a version was trained with: NAME@champion, @previous or @NUMBER',
    )
    .option('--definitions <file>', 'the module that exports defineFeatures(…)', 'features.ts')
    .option(
      '--store <address>',
      'lmdb:FOLDER or redis://HOST:PORT; default RATCHET_ONLINE_STORE, else lmdb:.ratchet/online',
    )
    .option('--json', 'print one JSON object')
    .action(async (keys: string[], options: GetOptions) => {
      const { getFeatures } = await import('./ask-store.ts');
      await getFeatures(keys, options);
    });
};
