/** Reference, analysis and late labels, read and put into the order of the chunks. */

import type { EstimateOptions } from '#contracts/estimate.ts';
import { UserError } from '#contracts/failures.ts';
import type { ReadColumns, TextColumn } from '#ports/tables.ts';
import { descending } from '../statistics/order.ts';
import { joinLabels } from './join-labels.ts';
import { binaryLabels, classLabels } from './labels.ts';
import type { Side } from './metric.ts';
import { checkProbabilities, columns, numbers, type TableFile, texts, times } from './read-columns.ts';
import { reordered } from './sides.ts';

export interface EstimateTables {
  readonly reference: TableFile;
  readonly analysis: TableFile;
  /** Labels that came later; null: those in the analysis, if it has any. */
  readonly targets: TableFile | null;
}

/** The columns of one side, by role. `scores`: one of a binary problem, one a class of a multiclass one. */
export interface SideColumns {
  readonly rows: number;
  /** Rows of the file in the order of the chunks. */
  readonly order: Int32Array;
  /** Ascending, NaN last; null without a time column. */
  readonly times: Float64Array | null;
  readonly scores: readonly Float64Array[];
  readonly predicted: Float64Array;
  readonly label: Float64Array;
}
export interface SidesRead {
  readonly sides: Readonly<Record<Side, SideColumns>>;
  /** The reference in the order of its file. */
  readonly inFileOrder: Pick<SideColumns, 'scores' | 'label'>;
  /** Targets that belong to no row. */
  readonly unused: number;
}

export async function readSides(
  tables: EstimateTables,
  options: EstimateOptions,
  read: ReadColumns,
): Promise<SidesRead> {
  const { target } = options;
  const reference = await readSide(read, tables.reference, options, () =>
    labels(read, tables.reference, target, options),
  );
  let unused = 0;
  const analysis = await readSide(read, tables.analysis, options, async (rows) => {
    if (!tables.targets)
      return (
        (await unlessMissing(labels(read, tables.analysis, target, options), target)) ??
        new Float64Array(rows).fill(Number.NaN)
      );
    if (options.id === undefined)
      throw new UserError(
        'InvalidInput',
        'the labels are a table of their own: name the column that joins it (--id COLUMN)',
      );
    const joined = await joinLabels(read, tables.analysis, tables.targets, options.id);
    unused = joined.unused;
    const given = await labels(read, tables.targets, target, options);
    return Float64Array.from(joined.rows, (row) => (row < 0 ? Number.NaN : (given[row] as number)));
  });
  return {
    sides: { reference: sorted(reference), analysis: sorted(analysis) },
    inFileOrder: { scores: reference.scores, label: reference.label },
    unused,
  };
}

async function readSide(
  read: ReadColumns,
  table: TableFile,
  options: EstimateOptions,
  readLabel: (rows: number) => Promise<Float64Array>,
): Promise<SideColumns> {
  const scored = scoreColumns(options);
  const { prediction, problem } = options;
  const found = await columns(read, table, {
    ...Object.fromEntries(scored.map((column) => [column, 'number' as const])),
    ...(prediction === undefined
      ? {}
      : { [prediction]: problem === 'regression' ? ('number' as const) : ('text' as const) }),
  });
  const scores = scored.map((column) => found.columns[column] as Float64Array);
  for (const [at, column] of scored.entries()) checkProbabilities(scores[at] as Float64Array, table, column);
  const predicted = predictions(options, scores, prediction === undefined ? undefined : found.columns[prediction]);
  const rows = predicted.length;
  if (rows === 0) throw new UserError('DataInvalid', `${table.name} has no rows`);
  const time = options.time === undefined ? null : await times(read, table, options.time);
  const order = time
    ? descending(time.map((value) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : -value)))
    : Int32Array.from(predicted.keys());
  return { rows, order, times: time, scores, predicted, label: await readLabel(rows) };
}

function sorted({ rows, order, times: time, scores, predicted, label }: SideColumns): SideColumns {
  return {
    ...{ rows, order },
    times: time && reordered(time, order),
    scores: scores.map((score) => reordered(score, order)),
    predicted: reordered(predicted, order),
    label: reordered(label, order),
  };
}

/** Classes by name, as NannyML orders them. */
const classesOf = ({ score }: EstimateOptions): string[] =>
  typeof score === 'object' ? Object.keys(score).sort((a, b) => (a < b ? -1 : 1)) : [];

function scoreColumns(options: EstimateOptions): string[] {
  const { problem, score } = options;
  if (problem === 'regression') return [];
  if (problem === 'binary') {
    if (typeof score !== 'string')
      throw new UserError('InvalidInput', 'a binary problem needs the column of the score (--score COLUMN)');
    return [score];
  }
  if (typeof score !== 'object' || Object.keys(score).length < 2)
    throw new UserError(
      'InvalidInput',
      'a multiclass problem needs the score of each class (--score CLASS=COLUMN, once for each)',
    );
  return classesOf(options).map((name) => score[name] as string);
}

function predictions(
  options: EstimateOptions,
  scores: readonly Float64Array[],
  column: Float64Array | TextColumn | undefined,
): Float64Array {
  const { problem, prediction = '', threshold, positive } = options;
  if (column instanceof Float64Array) return column;
  if (column)
    return problem === 'binary'
      ? binaryLabels(column, prediction, positive)
      : classLabels(column, prediction, classesOf(options));
  if (problem === 'binary')
    return (scores[0] as Float64Array).map((score) => (Number.isNaN(score) ? score : score >= threshold ? 1 : 0));
  throw new UserError('InvalidInput', `a ${problem} problem needs the column of the prediction (--prediction COLUMN)`);
}

async function labels(
  read: ReadColumns,
  table: TableFile,
  target: string,
  options: EstimateOptions,
): Promise<Float64Array> {
  if (options.problem === 'regression') return numbers(read, table, target);
  const column = await texts(read, table, target);
  return options.problem === 'binary'
    ? binaryLabels(column, target, options.positive)
    : classLabels(column, target, classesOf(options));
}

/** Labels that have not come are no mistake. */
async function unlessMissing(reading: Promise<Float64Array>, column: string): Promise<Float64Array | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof UserError && error.message.includes(`there is no column ${column};`)) return null;
    throw error;
  }
}
