import { listOption, oneOf } from '../../kit/options.ts';
import { withReading } from '../../kit/reading-options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { HistoryOptions } from './options.ts';

export const featuresHistory: Verb = (features) => {
  const history = features
    .command('history')
    .summary('rows of entities and times, with the features that were known then')
    .description(
      'Writes every row of --entities, in their order, with its features as they were known at its time: nothing from later, nothing that was not yet written.\n' +
        'Values of the newest row in [t − ttl, t], windows over (t − w, t]. Paths of sources are of the folder of the definitions.',
    )
    .requiredOption('--entities <data>', 'the rows: a path, a glob in quotes or s3://…, of Parquet, CSV or JSON lines')
    .option('--features <view:feature,…>', 'which features; repeat it for more', listOption)
    .option('--service <name>', 'the features of a service, instead')
    .requiredOption('--out <file>', 'Parquet to write')
    .option('--time <column>', 'the column of the rows’ times', 'event_timestamp')
    .option('--full-names', 'columns are view__feature, as where two views have a feature of one name')
    .option('--definitions <file>', 'the module that exports defineFeatures(…)', 'features.ts')
    .option('--format <format>', 'of the rows, where the name does not tell', oneOf('parquet', 'csv', 'jsonl'));
  withReading(history)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  ratchet features history --entities labels.csv --time at --service fraud --out train.parquet\n' +
        '  ratchet features history --entities labels.parquet --features payments:transaction_count_7d,profile:city --out train.parquet\n' +
        '\nExit codes: 0 written; 1 a function on demand failed; 2 something is wrong with what was given. Only 0 leaves a file.\n',
    )
    .action(async (options: HistoryOptions) => {
      const { writeHistory } = await import('./write-history.ts');
      await writeHistory(options);
    });
};
