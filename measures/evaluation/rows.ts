/** From columns (the target, what each model said) to the rows that metrics are computed from. */

import { UserError } from '#contracts/failures.ts';
import type { Scores } from '#ports/predictor.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { bytesOf, pick, type Rows, type Task } from '../statistics/rows.ts';
import { canonicalLabel, codePredicted } from './labels.ts';
import { seenRows } from './overlap.ts';
import type { RowsRequest } from './rows-request.ts';
import { readTruth, type Truth, texts } from './truth.ts';

export interface PairedRows {
  readonly candidate: Rows;
  readonly champion: Rows | null;
  /** Labels by number, for two classes the positive one last; null for a regression. */
  readonly classes: readonly string[] | null;
  /** Rows of the holdout that count: the target is there and each model gave a score. */
  readonly kept: Int32Array;
  readonly rows: number;
  readonly dropped: { target: number; candidate: number; champion: number };
  /** Rows left out because a side was trained on them; they are not in `dropped`. */
  readonly overlap: { rows: number; candidate: number; champion: number };
  /** Of the others, those that earlier verdicts used. */
  readonly reused: number;
  /** Rows that could have been scored (the target is there, neither side was trained on them), and how many were. */
  readonly scored: { eligible: number; candidate: number; champion: number | null; both: number };
  readonly notes: readonly string[];
}
/** One model's rows, all of them, with NaN (or −1) where it gave no score. */
interface Said {
  readonly rows: Rows;
  readonly given: (row: number) => boolean;
}

/** @throws UserError DataInvalid when target and models do not fit each other. */
export async function pairedRows(request: RowsRequest, read: ReadColumns): Promise<PairedRows> {
  const truth = await readTruth(request, read);
  const candidate = await readModel('the candidate', request.candidate, truth, request, read);
  const champion = request.champion && (await readModel('the champion', request.champion, truth, request, read));
  const dropped = { target: 0, candidate: 0, champion: 0 };
  const overlap = { rows: 0, candidate: 0, champion: 0 };
  const seen = request.seen ? await seenRows(request.seen, truth.rows, read) : null;
  const kept: number[] = [];
  const scored = { candidate: 0, champion: 0 };
  const leaveOut = request.seen?.used?.leaveOut ?? false;
  let reused = 0;
  for (let row = 0; row < truth.rows; row++) {
    if (seen && (seen.candidate[row] || seen.champion[row])) {
      overlap.rows++;
      overlap.candidate += seen.candidate[row] as number;
      overlap.champion += seen.champion[row] as number;
      continue;
    }
    if (seen?.used[row]) {
      reused++;
      if (leaveOut) continue;
    }
    if (!truth.given(row)) dropped.target++;
    else {
      const [own, theirs] = [candidate.given(row), champion?.given(row) ?? true];
      if (own) scored.candidate++;
      if (theirs) scored.champion++;
      if (!own) dropped.candidate++;
      else if (!theirs) dropped.champion++;
      else kept.push(row);
    }
  }
  const index = Int32Array.from(kept);
  const picked = (rows: Rows) => (index.length === truth.rows ? rows : pick(rows, index));
  return {
    candidate: picked(candidate.rows),
    champion: champion && picked(champion.rows),
    classes: truth.classes,
    kept: index,
    rows: truth.rows,
    dropped,
    overlap,
    reused,
    scored: {
      eligible: truth.rows - overlap.rows - dropped.target - (leaveOut ? reused : 0),
      candidate: scored.candidate,
      champion: champion && scored.champion,
      both: kept.length,
    },
    notes: [
      ...caveats('candidate', request.candidate, candidate),
      ...(request.champion && champion ? caveats('champion', request.champion, champion) : []),
    ],
  };
}

async function readModel(
  name: string,
  scores: Scores,
  truth: Truth,
  request: RowsRequest,
  read: ReadColumns,
): Promise<Said> {
  if (scores.rows !== truth.rows)
    throw new UserError(
      'InvalidOutput',
      `${name} answered ${scores.rows} rows for a holdout of ${truth.rows}: its predictions cannot be matched to rows.`,
    );
  if (truth.classes === null) {
    const predicted = await numbers(scores.value ?? missing(name, request.task, 'numbers'), scores, read);
    return { rows: { task: 'regression', y: truth.y, predicted }, given: (row) => Number.isFinite(predicted[row]) };
  }
  if (request.task === 'binary') {
    const score = await binaryScore(name, scores, truth.classes, read);
    const y = bytesOf(truth.y, (code) => (code === 1 ? 1 : 0));
    return {
      rows: { task: 'binary', y, score, threshold: request.threshold },
      given: (row) => Number.isFinite(score[row]),
    };
  }
  return readClasses(name, scores, truth.classes, truth.y, read);
}

/** Probability of the positive class; of a model that gives labels only, 1 or 0. */
async function binaryScore(
  name: string,
  scores: Scores,
  classes: readonly string[],
  read: ReadColumns,
): Promise<Float64Array> {
  const positive = classes[1] as string;
  const column = scores.probabilities?.find(({ label }) => canonicalLabel(label) === positive)?.column ?? scores.value;
  if (column) return numbers(column, scores, read);
  const label = scores.label ?? missing(name, 'binary', 'score or label');
  const said = codePredicted(await texts(label, scores, read), classes);
  const score = new Float64Array(said.length);
  for (let row = 0; row < score.length; row++)
    score[row] = (said[row] as number) < 0 ? Number.NaN : (said[row] as number);
  return score;
}

async function readClasses(
  name: string,
  scores: Scores,
  classes: readonly string[],
  y: Int32Array,
  read: ReadColumns,
): Promise<Said> {
  const width = classes.length;
  if (!scores.probabilities) {
    const label = scores.label ?? missing(name, 'multiclass', 'label');
    const predicted = codePredicted(await texts(label, scores, read), classes);
    return {
      rows: { task: 'multiclass', classes: width, y, predicted, probabilities: null },
      given: (row) => (predicted[row] as number) >= 0,
    };
  }
  const probabilities = new Float64Array(y.length * width);
  for (const { label, column } of scores.probabilities) {
    const at = classes.indexOf(canonicalLabel(label));
    const values = await numbers(column, scores, read);
    for (let row = 0; row < values.length; row++) probabilities[row * width + at] = values[row] as number;
  }
  const predicted = y.map((_, row) => largest(probabilities, row * width, width));
  return {
    rows: { task: 'multiclass', classes: width, y, predicted, probabilities },
    given: (row) => (predicted[row] as number) >= 0,
  };
}

/** Index of the greatest of `width` values, the first of equal ones; −1 when one is not a number. */
function largest(values: Float64Array, from: number, width: number): number {
  let best = 0;
  for (let i = 0; i < width; i++) {
    if (!Number.isFinite(values[from + i])) return -1;
    if ((values[from + i] as number) > (values[from + best] as number)) best = i;
  }
  return best;
}

const numbers = async (column: string, scores: Scores, read: ReadColumns): Promise<Float64Array> =>
  ((await read(scores.file, { [column]: 'number' })).columns as Record<string, Float64Array>)[column] as Float64Array;

function missing(name: string, task: Task, what: string): never {
  throw new UserError(
    'InvalidOutput',
    `${name} gave no ${what}, which a ${task} evaluation needs. Check evaluate's task against what the trainer logs.`,
  );
}

/** What a reader must know of a model that gives no probabilities. */
function caveats(name: string, scores: Scores, { rows }: Said): string[] {
  if (rows.task === 'regression' || scores.probabilities) return [];
  if (scores.value === null)
    return [`the ${name} gives labels and no probabilities: its curves, ROC AUC and log loss say little`];
  const beyond = rows.task === 'binary' && rows.score.some((score) => score < 0 || score > 1);
  return beyond
    ? [
        `the ${name} gives scores and no probabilities: its log loss, Brier score and calibration say little, and the threshold is in its own unit`,
      ]
    : [];
}
