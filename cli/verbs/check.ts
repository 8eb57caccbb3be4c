import type { Verb } from '../verbs.ts';

export const check: Verb = (program) => {
  program
    .command('check')
    .summary('find mistakes in pipelines without running them')
    .description(
      'Looks for references used as values (`!ref`, `a || b`, `a === b`), which JavaScript itself cannot report. Then builds each graph\n' +
        'with the defaults of its params, and looks for a holdout that no run could fill, such as one without labels. Exit code 3 when it finds one.',
    )
    .argument('[pipeline]', 'one folder of pipelines/; default: all')
    .option('--json', 'print one JSON object')
    .action(async (pipeline: string | undefined, options: { json?: boolean }) => {
      const { checkPipelines } = await import('../check-pipelines.ts');
      await checkPipelines(pipeline, options.json ?? false);
    });
};
