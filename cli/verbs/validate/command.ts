import { listOption, oneOf } from '../../kit/options.ts';
import { withReading } from '../../kit/reading-options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { ValidateOptions } from './options.ts';

export const validate: Verb = (program) => {
  const command = program
    .command('validate')
    .summary('check a dataset against expectations')
    .description(
      "Checks Parquet, CSV or JSON lines (a path, a glob in quotes or s3://…) against a suite: Great Expectations' own JSON,\n" +
        'or a TypeScript module that exports expectations. Needs no server. Exit code 3 when an expectation of severity fail ' +
        'is unmet, or one of severity quarantine without --quarantine to take its rows.',
    )
    .argument('<data>', 'path, glob in quotes, or s3:// URI')
    .requiredOption('--suite <file>', "Great Expectations' suite JSON, or a .ts or .js module")
    .option(
      '--quarantine <file>',
      'write rows that break an expectation of severity quarantine (.parquet, .csv, .jsonl)',
    )
    .option('--redact <columns>', 'names, separated by commas: their values are told nowhere', listOption, [])
    .option(
      '--result-format <format>',
      'how much the result tells: BOOLEAN_ONLY, BASIC, SUMMARY or COMPLETE',
      oneOf('BOOLEAN_ONLY', 'BASIC', 'SUMMARY', 'COMPLETE'),
      'SUMMARY',
    )
    .option(
      '--format <format>',
      'parquet, csv or jsonl, where the name does not tell',
      oneOf('parquet', 'csv', 'jsonl'),
    );
  withReading(command)
    .option('--html <file>', 'write a report that opens without a network')
    .option('--json', "print one JSON object, in Great Expectations' result shape")
    .action(async (data: string, options: ValidateOptions) => {
      const { validateDataset } = await import('./validate-dataset.ts');
      await validateDataset(data, options);
    });
};
