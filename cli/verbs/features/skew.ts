import { readInstant, readNumber } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { SkewOptions } from './measure-skew.ts';

const DAY_MS = 86_400_000;

export const featuresSkew: Verb = (features) => {
  features
    .command('skew')
    .summary('what was served, held against what history says of the same moments')
    .description(
      'Takes the vectors that `ratchet features serve` sampled, computes those of the same entities at the same moments from the sources of the views, and counts by feature where the two differ. ' +
        'float64 are the same up to 1e-9 of their size.',
    )
    .requiredOption('--service <name>', 'whose vectors')
    .option('--from <time>', 'vectors that were served from then on; default a day before --to', readInstant)
    .option('--to <time>', 'and before then; default now. Sources must know what happened until then', readInstant)
    .option(
      '--share <share>',
      'the share of vectors that may differ in a feature',
      readNumber({ least: 0, most: 1, example: '0.01' }),
      0,
    )
    .option('--samples <folder>', "where `serve --samples` wrote; default the project's object store")
    .option('--definitions <file>', 'the module that exports defineFeatures(…)', 'features.ts')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample: ratchet features skew --service fraud --from 2026-06-01 --to 2026-06-02 --share 0.001\n' +
        '\nExit codes: 0 no feature differs in more than --share of its vectors; 1 one does; 2 something is wrong with what was given, or nothing was sampled.\n',
    )
    .action(async ({ from, to = new Date().toISOString(), ...options }: Given) => {
      const { showSkew } = await import('./measure-skew.ts');
      await showSkew({ ...options, to, from: from ?? new Date(Date.parse(to) - DAY_MS).toISOString() });
    });
};

type Given = Omit<SkewOptions, 'from' | 'to'> & { from?: string; to?: string };
