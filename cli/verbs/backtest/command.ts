import type { Verb } from '../../kit/verb.ts';
import type { BacktestOptions } from './options.ts';

export const backtest: Verb = (program) => {
  program
    .command('backtest')
    .summary('what other triggers or gate rules would have made of what was recorded')
    .description(
      'Decides anew upon everything that the pipeline’s loop was told, by the triggers, limits and drift thresholds that its file has ' +
        'now (or those of --triggers and --threshold), beside the ones that are deployed; with --rules, judges each recorded candidate ' +
        'anew by other gate rules.',
    )
    .argument('<pipeline>', 'its name')
    .option(
      '--triggers <file>',
      'JSON: { "triggers": { "kind": "newRows", "atLeast": 5000 }, "limits": { "coolDown": "7d" } }; either may be left out; several: { "kind": "any", "of": [ … ] }',
    )
    .option(
      '--threshold <method=value>',
      'drift of all columns measured by this method from this value on, psi=0.15; repeatable',
      (text: string, before: string[]) => [...before, text],
      [],
    )
    .option('--bad <limit>', 'what counts as a bad week, "roc_auc<0.65"; default: the limits of performance triggers')
    .option('--rules <file>', 'JSON: gate rules, { "metric": "roc_auc", "minimumEffect": 0.002 }')
    .option('--json', 'print one JSON object')
    .action(async (pipeline: string, options: BacktestOptions) => {
      const { backtestPipeline } = await import('./backtest-pipeline.ts');
      await backtestPipeline(pipeline, options);
    });
};
