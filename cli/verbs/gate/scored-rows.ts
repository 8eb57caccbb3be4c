/** Files of scored rows as the evaluation takes them: one Parquet file, and which of its columns each side says. */
import { join } from 'node:path';
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { attributeColumns, type FairnessAttribute } from '#contracts/fairness.ts';
import { canonicalLabel, sortedLabels } from '#measures/evaluation/labels.ts';
import type { Task } from '#measures/statistics/rows.ts';
import type { Scores } from '#ports/predictor.ts';
import type { Tables, TextColumn } from '#ports/tables.ts';
import type { Dataset } from '../../kit/datasets.ts';
import type { GateOptions } from './options.ts';

export interface ScoredRows {
  readonly task: Task;
  /** Parquet with target, slices and what both sides say. */
  readonly file: string;
  readonly columns: readonly Column[];
  readonly candidate: Scores;
  readonly champion: Scores | null;
  readonly notes: readonly string[];
}

/** Columns that one side says something in. */
interface Said {
  readonly prediction: string | null;
  readonly score: string | null;
  readonly probabilities: readonly (readonly [label: string, column: string])[];
}

interface Work {
  readonly options: GateOptions;
  readonly tables: Tables;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Tasks that the rules fit. */
  readonly tasks: readonly Task[];
  /** That the rules about fairness name. */
  readonly attributes: readonly FairnessAttribute[];
}

/** @throws UserError DataInvalid or InvalidInput where columns, ids or labels do not fit */
export async function scoredRows(
  candidate: Dataset,
  champion: Dataset | null,
  { options, tables, folder, signal, tasks, attributes }: Work,
): Promise<ScoredRows> {
  const { target, slice, groupBy, time, weight } = options;
  const sides = champion ? [candidate, champion] : [candidate];
  const said = await Promise.all(
    sides.map(async (side) => saidColumns(side.name, (await tables.shape(side.files, signal)).columns, options)),
  );
  const own = (index: number) => {
    const { prediction, score, probabilities } = said[index] as Said;
    const names = [prediction, score, ...probabilities.map(([, column]) => column)].filter((name) => name !== null);
    return [...new Set(names)].map((name) => [name, columnName(index, name)] as const);
  };
  const side = (index: number) => ({
    label: (sides[index] as Dataset).name,
    files: (sides[index] as Dataset).files,
    own: own(index),
  });
  const shared = [target, ...slice, ...attributes.flatMap(attributeColumns), groupBy, time, weight];
  const file = join(folder, 'paired.parquet');
  const paired = await tables.pair(
    {
      left: side(0),
      right: champion ? side(1) : null,
      id: options.id ?? null,
      shared: [...new Set(shared.filter((name) => name !== undefined))],
      to: file,
    },
    signal,
  );
  const labels = (await tables.columns(file, { [target]: 'text' }, signal)).columns[target] as TextColumn;
  const classes = sortedLabels(labels.values);
  const task = taskOf(options.task, tasks, classes.length, target);
  const scores: Scores[] = [];
  for (const [index, each] of said.entries())
    scores.push(await scoresOf(each, index, { task, classes, file, rows: paired.rows, options, tables, signal }));
  const [first, second] = scores;
  if (!first) throw new Error('no side was read');
  return {
    ...{ task, file, columns: paired.columns, candidate: first, champion: second ?? null },
    notes: [
      ...(paired.leftOnly > 0
        ? [`${rowsSaid(paired.leftOnly)} of ${candidate.name} are not in ${champion?.name}`]
        : []),
      ...(paired.rightOnly > 0
        ? [`${rowsSaid(paired.rightOnly)} of ${champion?.name} are not in ${candidate.name}`]
        : []),
    ],
  };
}

/** `candidate prediction`: no column of a user's can be called so and meant. */
const columnName = (index: number, name: string): string =>
  `__ratchet_${index === 0 ? 'candidate' : 'champion'}_${name}`;

function saidColumns(name: string, columns: readonly Column[], options: GateOptions): Said {
  const there = columns.map((column) => column.name);
  const named = (option: string, column: string): string => {
    if (there.includes(column)) return column;
    throw new UserError(
      'InvalidInput',
      `${option} ${column} is no column of ${name}, which has ${there.slice(0, 30).join(', ')}`,
    );
  };
  const probabilities = Object.entries(options.probability ?? {}).map(
    ([label, column]) => [label, named('--probability', column)] as const,
  );
  const byDefault = (column: string) => (there.includes(column) ? column : null);
  const prediction =
    options.prediction === undefined ? byDefault('prediction') : named('--prediction', options.prediction);
  const score =
    options.score === false ? null : options.score === undefined ? byDefault('score') : named('--score', options.score);
  if (prediction !== null || score !== null || probabilities.length > 0) return { prediction, score, probabilities };
  throw new UserError(
    'InvalidInput',
    `${name} has neither a column prediction nor score; it has ${there.slice(0, 30).join(', ')}: name one with --prediction or --score`,
  );
}

function taskOf(asked: Task | undefined, tasks: readonly Task[], classes: number, target: string): Task {
  if (asked && !tasks.includes(asked))
    throw new UserError(
      'InvalidInput',
      `--task ${asked} does not have the metrics that the rules name; ${tasks.join(' or ')} has`,
    );
  if (asked) return asked;
  const [only, another] = tasks;
  if (only && !another) return only;
  const fits: Task = classes <= 2 ? 'binary' : 'multiclass';
  if (tasks.includes(fits)) return fits;
  throw new UserError(
    'InvalidInput',
    `${target} holds ${classes.toLocaleString('en-US')} values, and the metrics are of ${tasks.join(' or ')}: say which with --task`,
  );
}

interface Reading {
  readonly task: Task;
  /** Of the target, sorted. */
  readonly classes: readonly string[];
  readonly file: string;
  readonly rows: number;
  readonly options: GateOptions;
  readonly tables: Tables;
  readonly signal: AbortSignal;
}

async function scoresOf(said: Said, index: number, reading: Reading): Promise<Scores> {
  const { task, classes, file, rows, options } = reading;
  const named = (column: string) => columnName(index, column);
  const none: Scores = { file, rows, value: null, probabilities: null, label: null };
  const label = said.prediction === null ? null : named(said.prediction);
  if (task === 'regression') {
    if (label !== null) return { ...none, value: label };
    throw new UserError(
      'InvalidInput',
      'a regression needs the predicted numbers: name their column with --prediction',
    );
  }
  if (task === 'multiclass')
    return {
      ...none,
      ...{
        label,
        probabilities:
          said.probabilities.length === 0
            ? null
            : said.probabilities.map(([of, column]) => ({ label: of, column: named(column) })),
      },
    };
  const column =
    said.score ??
    (said.prediction !== null && (await isScore(named(said.prediction), reading)) ? said.prediction : null);
  if (column === null) return { ...none, label };
  if (said.score !== null && said.prediction !== null)
    await mustAgree(named(said.prediction), named(said.score), reading);
  if (options.positive === undefined) return { ...none, value: named(column) };
  const positive = canonicalLabel(options.positive);
  if (!classes.includes(positive))
    throw new UserError(
      'InvalidInput',
      `--positive ${options.positive} is no label of ${options.target}; it has ${classes.slice(0, 10).join(', ')}`,
    );
  const other = classes.find((each) => each !== positive) ?? `not ${positive}`;
  // The evaluation reads the last class's column only: the other's would be one minus it.
  return { ...none, probabilities: [other, positive].map((of) => ({ label: of, column: named(column) })) };
}

/** Numbers that are no labels: probabilities under the name of predictions. */
async function isScore(column: string, { file, classes, tables, signal }: Reading): Promise<boolean> {
  const { columns } = await tables.shape([file], signal);
  const type = columns.find(({ name }) => name === column)?.type ?? '';
  if (!/^(FLOAT|DOUBLE|DECIMAL)/.test(type)) return false;
  const labels = new Set([0, 1, ...classes.map(Number)]);
  const values = (await tables.columns(file, { [column]: 'number' }, signal)).columns[column] as Float64Array;
  return values.some((value) => !Number.isNaN(value) && !labels.has(value));
}

/** Labels are made from scores: other labels beside them would be judged by nobody. */
async function mustAgree(prediction: string, score: string, { file, classes, options, tables, signal }: Reading) {
  const { columns } = await tables.columns(file, { [prediction]: 'text', [score]: 'number' }, signal);
  const labels = columns[prediction] as TextColumn;
  const positive = canonicalLabel(options.positive ?? classes.at(-1) ?? '1');
  const isPositive = labels.values.map((value) => canonicalLabel(value) === positive);
  const scores = columns[score] as Float64Array;
  const threshold = options.threshold ?? 0.5;
  let rows = 0;
  let first = -1;
  for (let row = 0; row < scores.length; row++) {
    const code = labels.codes[row] as number;
    const value = scores[row] as number;
    if (code < 0 || Number.isNaN(value) || isPositive[code] === value >= threshold) continue;
    if (first < 0) first = row;
    rows++;
  }
  if (rows === 0) return;
  throw new UserError(
    'InvalidInput',
    `predicted labels and scores disagree in ${rowsSaid(rows)}, first in row ${first + 1} (${labels.values[labels.codes[first] as number]} at a score of ${scores[first]}): give the threshold that made the labels (--threshold, now ${threshold}), or judge the labels alone with --no-score`,
  );
}

const rowsSaid = (rows: number): string => `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`;
