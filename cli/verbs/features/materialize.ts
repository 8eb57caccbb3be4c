import { readInstant } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { MaterializeOptions } from './materialize-views.ts';

export const featuresMaterialize: Verb = (features) => {
  features
    .command('materialize')
    .summary('the newest rows of views from their sources into the online store')
    .description(
      'Reads files of views’ sources that are new or changed since they were read last, and writes the newest row of each entity into the online store. What was read is known by the store itself: by files, not by time, so that a row that comes late is not missed.\n' +
        'It is a workflow: it goes on when this command, the worker or a server dies. The same again meanwhile follows it.',
    )
    .argument('[view...]', 'which views; none: all that are kept online')
    .option(
      '--from <time>',
      'rows from then on, this moment included; reads all files, and none counts as read',
      readInstant,
    )
    .option('--to <time>', 'rows until then, this moment included; the same', readInstant)
    .option('--all', 'read what was read before, too: for a store that lost rows')
    .option('--no-wait', 'start it, and do not follow it')
    .option('--definitions <file>', 'the module that exports defineFeatures(…)', 'features.ts')
    .option(
      '--store <address>',
      'lmdb:FOLDER or redis://HOST:PORT, as the worker reaches it; default RATCHET_ONLINE_STORE, else lmdb:.ratchet/online',
    )
    .option('--json', 'print one JSON object: views, each with its counts')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  ratchet features materialize\n' +
        '  ratchet features materialize profile --store redis://127.0.0.1:6379\n' +
        '  ratchet features materialize profile --from 2026-11-01 --to 2026-11-30\n' +
        '\nExit codes: 0 done; 1 it failed, or a store is full; 2 something is wrong with what was given.\n',
    )
    .action(async (views: string[], options: MaterializeOptions) => {
      const { materializeViews } = await import('./materialize-views.ts');
      await materializeViews(views, options);
    });
};
