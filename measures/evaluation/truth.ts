import { UserError } from '#contracts/failures.ts';
import type { Scores } from '#ports/predictor.ts';
import type { ReadColumns, TextColumn } from '#ports/tables.ts';
import { canonicalLabel, codeTarget, sortedLabels } from './labels.ts';
import type { RowsRequest } from './rows-request.ts';

/** Each costs a column of probabilities and a row of the confusion matrix. */
const MOST_CLASSES = 1_000;

/** The target: numbers of classes (−1 where it is missing), or for a regression the values themselves. */
export type Truth =
  | {
      readonly classes: null;
      readonly y: Float64Array;
      readonly rows: number;
      readonly given: (row: number) => boolean;
    }
  | {
      readonly classes: readonly string[];
      readonly y: Int32Array;
      readonly rows: number;
      readonly given: (row: number) => boolean;
    };

/** @throws UserError DataInvalid when the classes do not fit the task. */
export async function readTruth(
  { holdout, target, task, candidate, champion }: RowsRequest,
  read: ReadColumns,
): Promise<Truth> {
  if (task === 'regression') {
    const { rows, columns } = await read(holdout, { [target]: 'number' });
    const y = columns[target] as Float64Array;
    return { classes: null, y, rows, given: (row) => Number.isFinite(y[row]) };
  }
  const { rows, columns } = await read(holdout, { [target]: 'text' });
  const column = columns[target] as TextColumn;
  const models = [candidate, ...(champion ? [champion] : [])];
  const named = models.flatMap((scores) => scores.probabilities?.map(({ label }) => canonicalLabel(label)) ?? []);
  const predicted = await Promise.all(
    models.map(async (scores) => (scores.label ? (await texts(scores.label, scores, read)).values : [])),
  );
  const met = sortedLabels([...column.values, ...predicted.flat()]);
  // Of two classes the models' own count. Of several, one that only the holdout has is one that the models get wrong.
  const found = [...new Set(task === 'binary' && named.length > 0 ? named : [...named, ...met])];
  if (task === 'binary') mustBeTwo(found, target, named.length > 0);
  else if (found.length > MOST_CLASSES) throw tooMany(target, found.length);
  const classes = found.length < 2 ? ['0', '1'] : found;
  const y = codeTarget(column, target, classes);
  return { classes, y, rows, given: (row) => (y[row] as number) >= 0 };
}

const tooMany = (target: string, classes: number) =>
  new UserError(
    'DataInvalid',
    `The target ${target} has ${classes} classes, and a multiclass evaluation takes ${MOST_CLASSES}. Set task: 'regression' on evaluate if it is a number, or choose another target.`,
  );

function mustBeTwo(classes: readonly string[], target: string, named: boolean): void {
  const fits = classes.length === 2 || (!named && classes.every((label) => label === '0' || label === '1'));
  if (fits) return;
  throw new UserError(
    'DataInvalid',
    `A binary evaluation needs two classes, but ${named ? 'the models know' : `the target ${target} holds`} ${classes.length}: ${classes.slice(0, 10).join(', ')}. Set task: 'multiclass' (or 'regression') on evaluate, or choose another target.`,
  );
}

/** A column of text that a model wrote. */
export const texts = async (column: string, scores: Scores, read: ReadColumns): Promise<TextColumn> =>
  ((await read(scores.file, { [column]: 'text' })).columns as Record<string, TextColumn>)[column] as TextColumn;
