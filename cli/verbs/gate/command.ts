import { type Command, InvalidArgumentError } from 'commander';
import type { Duration } from '#contracts/duration.ts';
import { isDuration } from '#contracts/duration-text.ts';
import { listOption, oneOf, readCount, readNumber } from '../../kit/options.ts';
import { withReading } from '../../kit/reading-options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { GateOptions, SimulateOptions } from './options.ts';

export const gate: Verb = (program) => {
  const command = program
    .command('gate')
    .summary('judge predictions by rules, alone or against those of the model in production')
    .description(
      'Judges scored rows (Parquet, CSV or JSON lines: a path, a glob in quotes or s3://…) by the rules that a pipeline’s gate has: least values, better than the model in production with confidence, no slice worse. Needs no server: one line of any CI.\n' +
        'Exit code 0 when passed, 3 when refused, 4 when the rows decide nothing.\n\n' +
        'Examples:\n' +
        '  ratchet gate --predictions scored.parquet --target churned --min accuracy=0.95 --min f1=0.93\n' +
        '  ratchet gate --predictions new.parquet --against now.parquet --id customer --target churned --metric roc_auc --min-effect 0.002 --junit gate.xml',
    )
    .requiredOption('--predictions <data>', "the candidate's scored rows")
    .requiredOption('--target <column>', 'the column of labels')
    .option('--against <data>', 'the same rows, scored by the model in production')
    .option('--id <column>', 'which row is which, in both; default: the order of the rows')
    .option('--prediction <column>', 'predicted labels or numbers; default prediction')
    .option(
      '--score <column>',
      'two classes: probability of the positive one, or any score that rises with it; default score',
    )
    .option('--no-score', 'judge the predicted labels, although there is a score')
    .option('--probability <label=column>', 'several classes: a column of probabilities; repeat it for each', byLabel)
    .option(
      '--task <task>',
      'binary, multiclass or regression; default: by the metrics and the labels',
      oneOf('binary', 'multiclass', 'regression'),
    )
    .option('--positive <label>', 'the positive one of two classes; default the last in their order: 1, true, yes')
    .option('--threshold <number>', 'scores from here on count as positive; default 0.5', readNumber({}))
    .option('--min <metric=value>', 'the least that counts, accuracy=0.95; repeat it for more', limit, {})
    .option('--max <metric=value>', 'the most, where less is better: rmse=3; repeat it for more', limit, {})
    .option('--metric <metric>', 'what the two are compared by')
    .option('--min-effect <number>', 'better by more than this, with confidence; default 0', readNumber({ least: 0 }))
    .option(
      '--not-worse-than <number>',
      'instead of better: worse by less than this, with confidence; needs a --min',
      readNumber({ least: 0 }),
    )
    .option('--slice <columns>', 'judge each value of these columns, too', listOption, [])
    .option(
      '--max-drop <number>',
      'on no slice worse than the model in production by more than this',
      readNumber({ least: 0 }),
    )
    .option('--min-slice-rows <rows>', 'smaller slices are not judged; default 100', readCount)
    .option('--group-by <column>', 'rows of one value hang together, such as those of a customer')
    .option('--time <column>', 'rows of one time hang together: the bootstrap draws whole days, or blocks of --block')
    .option('--block <duration>', 'how long a block is, for example 1d; default: chosen, and told', readBlock)
    .option('--weight <column>', 'how much each row counts, from 0 on')
    .option(
      '--compare-by <method>',
      'bootstrap, delong (roc_auc), mcnemar (accuracy), t or wilcoxon (losses of single rows); default bootstrap',
      oneOf('bootstrap', 'delong', 'mcnemar', 't', 'wilcoxon'),
    )
    .option('--confidence <share>', 'of the interval; default 0.95', share)
    .option('--resamples <count>', 'of the bootstrap, 100 at least; default 1000', readResamples)
    .option('--seed <number>', 'of the bootstrap; default 0', readNumber({ least: 0 }))
    .option('--rules <file>', 'a module that exports rules as a pipeline writes them, instead of --min … --max-drop')
    .option(
      '--format <format>',
      'parquet, csv or jsonl, where the name does not tell',
      oneOf('parquet', 'csv', 'jsonl'),
    );
  withReading(command)
    .option('--junit <file>', 'write JUnit XML, a test case a rule')
    .option('--html <file>', 'write a report that opens without a network')
    .option('--json', 'print one JSON object')
    .action(async (options: GateOptions) => {
      const { judgePredictions } = await import('./judge-predictions.ts');
      await judgePredictions(options);
    });
  command
    .command('simulate')
    .summary('how often such a gate promotes a model that is no better, and finds one that is')
    .description(
      'Takes the options of `ratchet gate`, with --against. Draws holdouts from the scored rows, in which the two models change places by the toss of a coin, so that neither is better in truth; judges each by --metric and --min-effect, as the gate does. Rows are taken as independent unless --group-by or --time says which hang together.\n' +
        'Prints the share that is promoted, when the candidate is no better and when it is better by 1, 2 and 4 times the minimum effect, and the rows that a wanted power needs.\n\n' +
        'Example:\n' +
        '  ratchet gate simulate --predictions new.parquet --against now.parquet --id customer --target churned --metric roc_auc --min-effect 0.002',
    )
    .option('--rows <rows>', 'size of the holdout; default: that of the data', readCount)
    .option('--power <share>', 'how often a better model is to be found; default 0.8', share)
    .option('--repetitions <count>', 'holdouts that are drawn; default: what a minute has time for', readCount)
    .action(async (_: unknown, simulate: Command) => {
      const { simulatePower } = await import('./simulate-power.ts');
      await simulatePower(simulate.optsWithGlobals<GateOptions & SimulateOptions>());
    });
};

function readResamples(text: string): number {
  const count = readCount(text);
  if (count >= 100 && count <= 100_000) return count;
  throw new InvalidArgumentError(`${count} resamples: give 100 to 100,000`);
}

function readBlock(text: string): Duration {
  if (isDuration(text)) return text;
  throw new InvalidArgumentError(`"${text.slice(0, 80)}" is not a length of time: write 12h or 1d`);
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value < 1) return value;
  throw new InvalidArgumentError('give a number between 0 and 1, for example 0.95');
}

function limit(text: string, before: Record<string, number>): Record<string, number> {
  const [, metric, value] = /^([A-Za-z][\w-]*)=(.+)$/.exec(text) ?? [];
  if (metric === undefined || value === undefined || value.trim() === '' || !Number.isFinite(Number(value)))
    throw new InvalidArgumentError(`"${text.slice(0, 80)}" is not METRIC=NUMBER, for example accuracy=0.95`);
  return { ...before, [metric]: Number(value) };
}

function byLabel(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1)
    throw new InvalidArgumentError(`"${text.slice(0, 80)}" is not LABEL=COLUMN, for example cat=p_cat`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
