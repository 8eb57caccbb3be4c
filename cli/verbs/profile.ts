import type { Format } from '#contracts/data.ts';
import { oneOf } from '../options.ts';
import type { Verb } from '../verbs.ts';

export interface ProfileOptions {
  suggest?: boolean;
  out?: string;
  format?: Format;
  json?: boolean;
}

export const profile: Verb = (program) => {
  program
    .command('profile')
    .summary('write a first suite of expectations from a dataset')
    .description(
      'Reads Parquet, CSV or JSON lines (a path, a glob in quotes or s3://…) and suggests expectations that hold on it: types,\n' +
        "missing values, ranges, sets, uniqueness. Great Expectations' suite JSON, or TypeScript for a pipeline.",
    )
    .argument('<data>', 'path, glob in quotes, or s3:// URI')
    .requiredOption('--suggest', 'suggest a suite')
    .option('--out <file>', 'write it to a .json or .ts file; default: print JSON')
    .option(
      '--format <format>',
      'parquet, csv or jsonl, where the name does not tell',
      oneOf('parquet', 'csv', 'jsonl'),
    )
    .option('--json', 'print one JSON object')
    .action(async (data: string, options: ProfileOptions) => {
      const { suggestFor } = await import('../suggest-suite.ts');
      await suggestFor(data, options);
    });
};
