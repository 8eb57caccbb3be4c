import type { Verb } from '../verbs.ts';

export interface BacktestOptions {
  triggers?: string;
  rules?: string;
  json?: boolean;
}

export const backtest: Verb = (program) => {
  program
    .command('backtest')
    .summary('what other triggers or gate rules would have made of what was recorded')
    .description(
      'Decides anew upon everything that the pipeline’s loop was told, by the triggers and limits that its file has now (or those\n' +
        'of --triggers), beside the ones that are deployed; with --rules, judges each recorded candidate anew by other gate rules.',
    )
    .argument('<pipeline>', 'its name')
    .option('--triggers <file>', 'JSON: { "triggers": …, "limits": … }, as a pipeline’s definition has them')
    .option('--rules <file>', 'JSON: gate rules')
    .option('--json', 'print one JSON object')
    .action(async (pipeline: string, options: BacktestOptions) => {
      const { backtestPipeline } = await import('../backtest-pipeline.ts');
      await backtestPipeline(pipeline, options);
    });
};
