import { InvalidArgumentError } from 'commander';
import { readNumber } from '../../kit/options.ts';
import { withReading } from '../../kit/reading-options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { DriftOptions } from './options.ts';

const repeated = (text: string, before: string[]) => [...before, text];

const share = readNumber({ least: 0, most: 1, example: '0.3' });

export const drift: Verb = (program) => {
  const command = program
    .command('drift')
    .summary('compare data with a reference, column by column')
    .description(
      'Tests each column of Parquet, CSV or JSON lines (paths, globs in quotes or s3://…) against a reference, with the methods, names and defaults of Evidently.\n' +
        'A reference that `ratchet profile` wrote (*.json) is as good as its data, and only the new data are read. Needs no server. Exit code 3 when the dataset drifted or a test fails.',
    )
    .requiredOption('--reference <data...>', 'what the data should look like: data, or profiles')
    .requiredOption('--current <data...>', 'the data to test')
    .option(
      '--method <choice>',
      'COLUMN=METHOD:THRESHOLD, for example price=psi:0.2, price=ks or price=:0.2; repeat it for more',
      repeated,
      [],
    )
    .option('--numerical <choice>', 'METHOD:THRESHOLD of all numerical columns')
    .option('--categorical <choice>', 'METHOD:THRESHOLD of all categorical columns')
    .option('--as <choice>', 'COLUMN=numerical or COLUMN=categorical; repeat it for more', repeated, [])
    .option('--column <column>', 'test this column only; repeat it for more', repeated, [])
    .option('--share <share>', 'share of drifted columns from which on the dataset drifted; default 0.5', share)
    .option('--preset <preset>', 'data (all columns) or target (target and prediction only)')
    .option('--target <column>', 'the column of labels')
    .option('--prediction <column>', 'the column of predictions')
    .option(
      '--tests <file>',
      'a test suite: a JSON list, for example [{"of": "mean", "column": "price", "eq": {"relative": 0.1}}]',
    )
    .option('--format <format>', 'parquet, csv or jsonl, where the name does not tell', formatName);
  withReading(command)
    .option('--html <file>', 'write a report that opens without a network')
    .option('--json', 'print one JSON object')
    .action(async (options: DriftOptions) => {
      const { checkDrift } = await import('./check-drift.ts');
      await checkDrift(options);
    });
};

function formatName(text: string): string {
  if (['parquet', 'csv', 'jsonl'].includes(text)) return text;
  throw new InvalidArgumentError('give parquet, csv or jsonl');
}
