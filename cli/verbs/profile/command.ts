import { oneOf } from '../../kit/options.ts';
import { withReading } from '../../kit/reading-options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { ProfileOptions } from './options.ts';

export const profile: Verb = (program) => {
  const command = program
    .command('profile')
    .summary('keep what drift checks need of a dataset, or suggest a suite from it')
    .description(
      'Reads Parquet, CSV or JSON lines (a path, a glob in quotes or s3://…) once and writes a reference profile: `ratchet drift ' +
        '--reference FILE` then reads the new data only. With --suggest: expectations that hold on the data (types, missing values, ' +
        "ranges, sets, uniqueness), as Great Expectations' suite JSON, or TypeScript for a pipeline.",
    )
    .argument('<data>', 'path, glob in quotes, or s3:// URI')
    .option('--suggest', 'suggest a suite instead')
    .option('--out <file>', 'the .json profile to write; of --suggest a .json or .ts file, default: print JSON')
    .option(
      '--format <format>',
      'parquet, csv or jsonl, where the name does not tell',
      oneOf('parquet', 'csv', 'jsonl'),
    );
  withReading(command)
    .option('--json', 'print one JSON object')
    .action(async (data: string, options: ProfileOptions) => {
      if (options.suggest) {
        const { suggestFor } = await import('./suggest-suite.ts');
        await suggestFor(data, options);
      } else {
        const { writeReference } = await import('./write-reference.ts');
        await writeReference(data, options);
      }
    });
};
