import type { Verb } from '../../kit/verb.ts';

export const check: Verb = (program) => {
  program
    .command('check')
    .summary('find mistakes in pipelines without running them')
    .description(
      'Looks for references used as values (`!ref`, `a || b`, `a === b`), which JavaScript itself cannot report. Then builds each graph\n' +
        'with the defaults of its params, and looks for a holdout that no run could fill, such as one without labels, and for columns that\n' +
        'the data have not: it reads the headers of the sources, no rows, at most 10 s each, and says which it could not reach. Exit code 3\n' +
        'when it finds a mistake.',
    )
    .argument('[pipeline]', 'one folder of pipelines/; default: all')
    .option('--json', 'print one JSON object')
    .action(async (pipeline: string | undefined, options: { json?: boolean }) => {
      const { checkPipelines } = await import('./check-pipelines.ts');
      await checkPipelines(pipeline, options.json ?? false);
    });
};
