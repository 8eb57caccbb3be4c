import type { Verb } from '../../kit/verb.ts';

export const init: Verb = (program) => {
  program
    .command('init')
    .summary('write a pipeline around a trainer and a table')
    .description(
      'Reads the table, looks at the target, and writes pipelines/<name>/: a pipeline of 25 lines with a gate, your trainer beside it, and a README.\n' +
        'It guesses the task and a metric, says what it guessed, and overwrites nothing.',
    )
    .requiredOption('--trainer <file>', 'a Python script that trains and logs a model to MLflow')
    .requiredOption('--data <file>', "CSV, Parquet or JSON lines, or many of them: 'data/*.csv'")
    .requiredOption('--target <column>', 'the column to predict')
    .option('--name <name>', "the pipeline's name; default: the data's file, or folder")
    .option('--time <column>', 'time column: rows are split in its order, and what is late is known by it')
    .option('--json', 'print one JSON object')
    .action(
      async (options: {
        trainer: string;
        data: string;
        target: string;
        name?: string;
        time?: string;
        json?: boolean;
      }) => {
        const { initPipeline } = await import('./init-pipeline.ts');
        await initPipeline(options);
      },
    );
};
