import { oneOf, readNumber } from '../../kit/options.ts';
import { withReading } from '../../kit/reading-options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { QualityOptions } from './options.ts';

const share = readNumber({ least: 0, most: 1, example: '0.1' });

export const quality: Verb = (program) => {
  const command = program
    .command('quality')
    .summary('look at a dataset: missing values, duplicates, distributions, correlations, gaps')
    .description(
      'Summarizes Parquet, CSV or JSON lines (a path, a glob in quotes or s3://…), alone or beside a reference, and tests what you ask.\n' +
        'With --target and --prediction also how good the predictions are. Needs no server. Exit code 3 when a test fails.',
    )
    .argument('<data>', 'path, glob in quotes, or s3:// URI')
    .option('--reference <data>', 'what to compare with')
    .option('--target <column>', 'labels, for the quality of predictions')
    .option('--prediction <column>', 'predicted labels, numbers, or probabilities of the positive class')
    .option(
      '--task <task>',
      'binary, multiclass or regression; default: by the two columns',
      oneOf('binary', 'multiclass', 'regression'),
    )
    .option('--positive <label>', 'the class that a probability speaks of')
    .option('--threshold <number>', 'probabilities from here on count as positive; default 0.5', share)
    .option('--time <column>', 'the clock of the data; default: its only column of times')
    .option(
      '--test <condition>',
      'missing<=0.1, mean[price]~0.1 (within 10 % of the reference), rows>=0.9x, or defaults; repeat it for more',
      (text: string, before: string[]) => [...before, text],
      [] as string[],
    )
    .option('--max-missing <share>', 'most missing values in every column: --test missing<=SHARE', share)
    .option('--max-duplicates <share>', 'most rows that repeat another: --test duplicates<=SHARE', share)
    .option('--min-rows <rows>', 'least rows: --test rows>=ROWS', readNumber({ least: 0 }))
    .option(
      '--format <format>',
      'parquet, csv or jsonl, where the name does not tell',
      oneOf('parquet', 'csv', 'jsonl'),
    );
  withReading(command)
    .option('--html <file>', 'write a report that opens without a network')
    .option('--json', 'print one JSON object')
    .action(async (data: string, options: QualityOptions) => {
      const { checkQuality } = await import('./check-quality.ts');
      await checkQuality(data, options);
    });
};
