import type { Verb } from '../../kit/verb.ts';
import type { PushOptions } from './ask-store.ts';

export const featuresPush: Verb = (features) => {
  features
    .command('push')
    .summary('write rows of a view to the online store')
    .description(
      'Writes JSON lines, one row each, with all join keys, features and the timestamp (with its zone); "-" reads them from stdin. All rows are held against\n' +
        'the definition before the first is written. An older event does not replace a newer one, and the same rows may be pushed again.\n\n' +
        'Example: echo \'{"customer_id":"42","city":"Oslo","at":"2026-11-30T12:00:00Z"}\' | ratchet features push profile -',
    )
    .argument('<view>', 'its name')
    .argument('<file>', 'JSON lines, or "-"')
    .option('--definitions <file>', 'the module that exports defineFeatures(…)', 'features.ts')
    .option(
      '--store <address>',
      'lmdb:FOLDER or redis://HOST:PORT; default RATCHET_ONLINE_STORE, else lmdb:.ratchet/online',
    )
    .option('--json', 'print one JSON object')
    .action(async (view: string, file: string, options: PushOptions) => {
      const { pushFeatures } = await import('./ask-store.ts');
      await pushFeatures(view, file, options);
    });
};
