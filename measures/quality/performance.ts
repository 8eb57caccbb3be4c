/** Predictions beside labels: the presets Classification and Regression. */

import { UserError } from '#contracts/failures.ts';
import type { Performance, QualityColumn } from '#contracts/quality.ts';
import type { ReadColumns, TextColumn } from '#ports/tables.ts';
import { canonicalLabel, sortedLabels } from '../evaluation/labels.ts';
import { figuresOf } from '../evaluation/slices.ts';
import { calibration } from '../statistics/calibration.ts';
import { confusionMatrix } from '../statistics/confusion-matrix.ts';
import { precisionRecallCurve, rocCurve } from '../statistics/curves.ts';
import { predictedObserved } from '../statistics/predicted-observed.ts';
import { metricsFor } from '../statistics/registry.ts';
import { residuals } from '../statistics/residuals.ts';
import { bytesOf, type Rows, type Task } from '../statistics/rows.ts';

/** Confusion matrices of more classes are read by nobody, and grow with the square. */
const CLASSES = 30;
/** A number with more values than this is an amount, not a class. */
const MOST_CLASSES = 20;

export interface PerformanceRequest {
  readonly target: string;
  readonly prediction: string;
  /** Default: by the columns; see {@link taskOf}. */
  readonly task?: Task | undefined;
  /** The class whose probability a score is; default the last of the two in their order (1, true, yes). */
  readonly positive?: string | undefined;
  /** Scores from here on count as positive; default 0.5. */
  readonly threshold?: number | undefined;
}

/**
 * Two labels and a prediction that is a number with more than two values: its score. A number that takes many values:
 * a regression. Everything else compares labels.
 * @throws UserError InvalidInput for a column that is not there
 */
export function taskOf({ target, prediction, task }: PerformanceRequest, columns: readonly QualityColumn[]): Task {
  const [label, predicted] = [target, prediction].map((name, i) => {
    const column = columns.find((each) => each.name === name);
    if (column?.current) return { kind: column.kind, distinct: column.current.distinct };
    throw new UserError(
      'InvalidInput',
      `--${i === 0 ? 'target' : 'prediction'} ${name} is no column of the data; it has ${columns
        .map((each) => each.name)
        .slice(0, 30)
        .join(', ')}`,
    );
  }) as [{ kind: string; distinct: number }, { kind: string; distinct: number }];
  if (task) return task;
  const scored = predicted.kind === 'number' && predicted.distinct > 2;
  if (label.distinct <= 2 && scored) return 'binary';
  if (
    label.kind === 'number' &&
    predicted.kind === 'number' &&
    Math.max(label.distinct, predicted.distinct) > MOST_CLASSES
  )
    return 'regression';
  return 'multiclass';
}

export interface PerformanceWork {
  readonly files: readonly string[];
  readonly request: PerformanceRequest;
  readonly task: Task;
}

/**
 * Runs in the data host (Tables.compute): whole columns are read and sorted.
 * @throws UserError DataInvalid when the columns do not fit the task
 */
export async function performance({ files, request, task }: PerformanceWork, read: ReadColumns): Promise<Performance> {
  const { rows, classes, dropped } = await (task === 'regression'
    ? regressionRows(files, request, read)
    : task === 'binary'
      ? binaryRows(files, request, read)
      : labelRows(files, request, read));
  const count = rows.y.length;
  if (count === 0)
    throw new UserError(
      'DataInvalid',
      `no row has both ${request.target} and ${request.prediction}: there is nothing to measure`,
    );
  const point = ([x, y]: readonly [number, number]): [number, number] => [x, y];
  const bin = ({ rows: n, predicted, observed }: { rows: number; predicted: number; observed: number }) => ({
    rows: n,
    predicted,
    observed,
  });
  return {
    task: rows.task,
    rows: count,
    dropped,
    metrics: figuresOf(metricsFor(rows.task), rows),
    classes,
    threshold: rows.task === 'binary' ? rows.threshold : null,
    confusion: rows.task === 'regression' || (classes?.length ?? 0) > CLASSES ? null : confusionMatrix(rows),
    calibration:
      rows.task === 'binary'
        ? calibration(rows).map(bin)
        : rows.task === 'regression'
          ? predictedObserved(rows).map(bin)
          : null,
    roc: rows.task === 'binary' ? rocCurve(rows).map(point) : null,
    precisionRecall: rows.task === 'binary' ? precisionRecallCurve(rows).map(point) : null,
    residuals: rows.task === 'regression' ? residuals(rows) : null,
  };
}

interface Measured {
  readonly rows: Rows;
  readonly classes: string[] | null;
  readonly dropped: number;
}
type Reading = (files: readonly string[], request: PerformanceRequest, read: ReadColumns) => Promise<Measured>;

const regressionRows: Reading = async (files, { target, prediction }, readColumns) => {
  const read = await readColumns(files, { [target]: 'number', [prediction]: 'number' });
  const [y, predicted] = [read.columns[target] as Float64Array, read.columns[prediction] as Float64Array];
  const known = (_: number, i: number) => Number.isFinite(y[i]) && Number.isFinite(predicted[i]);
  const rows: Rows = { task: 'regression', y: y.filter(known), predicted: predicted.filter(known) };
  return { rows, classes: null, dropped: y.length - rows.y.length };
};

const binaryRows: Reading = async (files, { target, prediction, positive, threshold }, readColumns) => {
  const { columns } = await readColumns(files, { [target]: 'text' });
  const label = columns[target] as TextColumn;
  const score = (await readColumns(files, { [prediction]: 'number' })).columns[prediction] as Float64Array;
  const beyond = score.find((value) => value < 0 || value > 1);
  if (beyond !== undefined)
    throw new UserError(
      'DataInvalid',
      `${prediction} holds ${beyond}, which is no probability (0 to 1): give the column of the positive class' probability, or --task regression`,
    );
  const classes = twoClasses(sortedLabels(label.values), target, positive);
  const code = label.values.map((value) => classes.indexOf(canonicalLabel(value)));
  const truth = label.codes.map((at) => (at < 0 ? -1 : (code[at] as number)));
  const known = truth.map((at, i) => (at >= 0 && Number.isFinite(score[i]) ? 1 : 0));
  const kept = truth.filter((_, i) => known[i] === 1);
  const rows: Rows = {
    task: 'binary',
    y: bytesOf(kept, (value) => value),
    score: score.filter((_, i) => known[i] === 1),
    threshold: threshold ?? 0.5,
  };
  return { rows, classes, dropped: truth.length - kept.length };
};

/** Negative, positive. */
function twoClasses(labels: string[], target: string, positive: string | undefined): string[] {
  if (labels.length > 2)
    throw new UserError(
      'DataInvalid',
      `${target} has ${labels.length} classes (${labels.slice(0, 5).join(', ')} …) and a score tells two apart: give --task multiclass or regression`,
    );
  const pair = labels.length === 2 ? labels : labels[0] === '1' || labels[0] === '0' ? ['0', '1'] : ['', ...labels];
  if (positive === undefined) return pair;
  const wanted = canonicalLabel(positive);
  if (!pair.includes(wanted))
    throw new UserError('InvalidInput', `--positive ${positive} is no class of ${target}; it has ${labels.join(', ')}`);
  return [pair.find((label) => label !== wanted) ?? '', wanted];
}

const labelRows: Reading = async (files, { target, prediction }, readColumns) => {
  const { columns } = await readColumns(files, { [target]: 'text', [prediction]: 'text' });
  const [truth, predicted] = [columns[target] as TextColumn, columns[prediction] as TextColumn];
  const classes = sortedLabels([...truth.values, ...predicted.values]);
  if (classes.length > 1_000)
    throw new UserError(
      'DataInvalid',
      `${target} and ${prediction} have ${classes.length.toLocaleString('en-US')} classes, and 1,000 is the most: give --task regression if they are numbers`,
    );
  const index = new Map(classes.map((label, i) => [label, i]));
  const coded = ({ codes, values }: TextColumn) => {
    const to = values.map((value) => index.get(canonicalLabel(value)) ?? -1);
    return codes.map((at) => (at < 0 ? -1 : (to[at] as number)));
  };
  const [y, p] = [coded(truth), coded(predicted)];
  const known = (_: number, i: number) => (y[i] as number) >= 0 && (p[i] as number) >= 0;
  const rows: Rows = {
    task: 'multiclass',
    classes: classes.length,
    y: y.filter(known),
    predicted: p.filter(known),
    probabilities: null,
  };
  return { rows, classes, dropped: y.length - rows.y.length };
};
