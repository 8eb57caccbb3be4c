import { InvalidArgumentError } from 'commander';
import type { EstimateOptions } from '#contracts/estimate.ts';
import { alarmRules } from '#decisions/estimate-alarm.ts';
import { readNumber } from '../../kit/options.ts';
import { withReading } from '../../kit/reading-options.ts';
import type { Verb } from '../../kit/verb.ts';
import type { EstimateArguments } from './options.ts';

const share = readNumber({ least: 0, most: 1, example: '0.5' });

export const estimate: Verb = (program) => {
  const command = program
    .command('estimate')
    .summary('estimate how a model performs before its labels come')
    .description(
      'Estimates performance chunk by chunk from scores (CBPE) or, for a regression, from the rows (DLE), and compares it with labels as far as they have come.\n' +
        'Reads Parquet, CSV or JSON lines: a path, a glob in quotes or s3://…. Needs no server; a regression needs Python.\n' +
        'Exit code 3 when performance fell: some metric is worse than its limit in at least two chunks and a tenth of them; or when labels show concept drift.',
    )
    .requiredOption(
      '--reference <data>',
      'rows with labels, of a time when the model was fine; not those it was trained on',
    )
    .requiredOption('--analysis <data>', 'rows to judge')
    .option('--targets <data>', 'labels of the analysis in a table of their own, joined by --id')
    .option('--problem <problem>', 'binary, multiclass or regression', problem, 'binary')
    .option('--y-true, --target <column>', 'label; default: the column that the reference has and the analysis lacks')
    .option(
      '--y-pred, --prediction <column>',
      'what the model said; default: y_pred or prediction; binary: score ≥ threshold',
    )
    .option(
      '--y-pred-proba, --score <column>',
      'probability of the positive class; multiclass: CLASS=COLUMN, once for each class',
      (text: string, before: string[]) => [...before, text],
      [] as string[],
    )
    .option('--id <column>', 'joins analysis and targets; default: id')
    .option('--timestamp, --time <column>', 'orders the rows; default: timestamp')
    .option('--chunk-size <rows>', 'rows a chunk', whole)
    .option('--chunk-number <chunks>', 'number of chunks; default 10', whole)
    .option('--chunk-period <period>', 'min, h, D, W, M, Q or Y; needs a time')
    .option(
      '--metrics <names>',
      'comma between them; binary: roc_auc, f1, precision, recall, accuracy, specificity, average_precision, confusion_matrix, business_value; regression: mae, mape, mse, rmse, msle, rmsle',
      list,
    )
    .option(
      '--limit <limit>',
      'roc_auc=0.7: (not below 0.7), mae=:12 (not above 12) or f1=2sd; default 3sd; repeat it for more',
      limit,
      {} as EstimateOptions['limits'],
    )
    .option('--positive <value>', 'the label that is positive; default 1 or true')
    .option('--threshold <score>', 'without --prediction: scores from here on are positive; default 0.5', share)
    .option('--worth <cells>', 'for business_value: tp=10,fp=-4,tn=0,fn=-20', worth)
    .option(
      '--features <columns>',
      'what --drift tests, and what a regression is estimated from; default all, none: labels only',
      list,
    )
    .option(
      '--format <format>',
      'parquet, csv or jsonl, where the name does not tell',
      oneOf('parquet', 'csv', 'jsonl'),
    )
    .option(
      '--fail-on <rule>',
      'fall, or any: every single chunk beyond a limit, also a better one, as NannyML alerts',
      oneOf(...alarmRules),
      'fall',
    );
  withReading(command)
    .option('--html <file>', 'write a report that opens without a network')
    .option('--drift', 'test the features too, and say whether the data moved or what they mean')
    .option('--json', 'print one JSON object')
    .action(async (options: EstimateArguments) => {
      const { runEstimate } = await import('./run-estimate.ts');
      await runEstimate(options);
    });
};

const list = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** Ours, and NannyML's names of the same. */
function problem(text: string): EstimateOptions['problem'] {
  return oneOf('binary', 'multiclass', 'regression')(text.replace(/^classification_/, ''));
}

function oneOf<const T extends string>(...words: T[]) {
  return (text: string): T => {
    const found = words.find((word) => word === text);
    if (found) return found;
    throw new InvalidArgumentError(`give one of ${words.join(', ')}`);
  };
}

function whole(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('give a whole number from 1 on');
}

function limit(text: string, before: EstimateOptions['limits']): EstimateOptions['limits'] {
  const [, metric, value] = /^([a-z_0-9]+)=(.+)$/.exec(text) ?? [];
  const deviations = /^(\d+(?:\.\d+)?)sd$/.exec(value ?? '')?.[1];
  if (metric && deviations)
    return { ...before, [metric]: { deviations: { lower: Number(deviations), upper: Number(deviations) } } };
  const [lower, upper, more] = (value ?? '').split(':').map((bound) => (bound.trim() === '' ? null : Number(bound)));
  if (!metric || lower === undefined || upper === undefined || more !== undefined || [lower, upper].some(Number.isNaN))
    throw new InvalidArgumentError('give METRIC=LOWER:UPPER with either side empty, or METRIC=3sd');
  return { ...before, [metric]: { lower, upper } };
}

function worth(text: string): EstimateOptions['worth'] {
  const cells = Object.fromEntries(list(text).map((part) => part.split('=')));
  const value = (cell: string) => Number(cells[cell] ?? 0);
  const made = { tp: value('tp'), fp: value('fp'), tn: value('tn'), fn: value('fn') };
  if (Object.keys(cells).some((cell) => !(cell in made)) || Object.values(made).some(Number.isNaN))
    throw new InvalidArgumentError('give what a row of each cell is worth: tp=10,fp=-4,tn=0,fn=-20');
  return made;
}
