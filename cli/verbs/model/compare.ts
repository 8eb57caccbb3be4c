import type { Verb } from '../../kit/verb.ts';

export const compare: Verb = (command) => {
  command
    .command('compare')
    .summary('two versions beside each other: figures, params, what they were made of')
    .description(
      'Figures are those that each version was judged by; where the two were judged on other rows it says so, because their difference then says little. ' +
        'Then the params that differ, and the data, code and environment that each was made of.',
    )
    .argument('<version>', 'NAME@NUMBER, for example flight-delays@4')
    .argument('<other>', 'NAME@NUMBER, for example flight-delays@5')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  ratchet model compare flight-delays@4 flight-delays@5')
    .action(async (version: string, other: string, options: { json?: boolean }) => {
      const { compareVersions } = await import('./compare-versions.ts');
      await compareVersions(version, other, options);
    });
};
