/** The numeric half of the evaluation. Runs in the data host (Tables.compute): it blocks for as long as it takes. */

import { figure } from '#contracts/data.ts';
import type { Evidence } from '#contracts/evidence.ts';
import { UserError } from '#contracts/failures.ts';
import type { Scores } from '#ports/predictor.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { calibration } from '../statistics/calibration.ts';
import { confusionMatrix } from '../statistics/confusion-matrix.ts';
import { precisionRecallCurve, rocCurve } from '../statistics/curves.ts';
import type { Metric } from '../statistics/metric.ts';
import { pairedBootstrap } from '../statistics/paired-bootstrap.ts';
import { predictedObserved } from '../statistics/predicted-observed.ts';
import { metricsFor } from '../statistics/registry.ts';
import type { BinaryRows, MulticlassRows, RegressionRows, Rows, Task } from '../statistics/rows.ts';
import type { SeenRequest } from './overlap.ts';
import { pairedRows } from './rows.ts';
import { figuresOf, measureSlices } from './slices.ts';

/** Confusion matrices of more classes are not kept: nobody reads them, and they grow with the square. */
const CLASSES_SHOWN = 30;

export interface FiguresRequest {
  readonly holdout: string;
  readonly target: string;
  readonly task: Task;
  readonly threshold: number;
  readonly candidate: Scores;
  readonly champion: Scores | null;
  /** Rows that a side was trained on. */
  readonly seen: SeenRequest;
  /** Metrics to compare, the leading one first; null for all of the task. */
  readonly compare: readonly string[] | null;
  readonly slices: readonly string[];
  readonly minimumSliceRows: number;
  readonly bootstrap: { readonly resamples: number; readonly confidence: number; readonly seed: number };
}
/** Evidence without who was measured. */
export type Figures = Pick<
  Evidence,
  | 'classes'
  | 'rows'
  | 'dropped'
  | 'directions'
  | 'meanings'
  | 'comparisons'
  | 'slices'
  | 'slicesLeftOut'
  | 'calibration'
  | 'confusion'
  | 'roc'
  | 'precisionRecall'
  | 'notes'
> & {
  readonly candidate: Evidence['candidate']['metrics'];
  readonly champion: Evidence['candidate']['metrics'] | null;
  /** Rows that were left out because a side was trained on them, and how many of them each side was. */
  readonly overlap: { readonly rows: number; readonly candidate: number; readonly champion: number };
};

/** @throws UserError InvalidInput for a metric that the task does not have; DataInvalid when target and models do not fit. */
export async function measureModels(request: FiguresRequest, read: ReadColumns): Promise<Figures> {
  const { compared, all } = chosen(request.task, request.compare);
  const paired = await pairedRows(request, read);
  const { candidate, champion, classes } = paired;
  const { holdout, slices: columns, minimumSliceRows: minimumRows } = request;
  const { untested, ...slices } = await measureSlices({ holdout, columns, minimumRows, metrics: all }, paired, read);
  const intervals = champion ? pairedBootstrap(compared, candidate, champion, request.bootstrap) : [];
  return {
    classes: classes && [...classes],
    rows: paired.rows,
    dropped: paired.dropped,
    overlap: paired.overlap,
    directions: Object.fromEntries(all.map((metric) => [metric.name, metric.higherIsBetter])),
    meanings: Object.fromEntries(all.map((metric) => [metric.name, metric.says])),
    candidate: figuresOf(all, candidate),
    champion: champion && figuresOf(all, champion),
    comparisons: intervals.map((interval) => ({
      ...interval,
      candidate: figure(interval.candidate),
      champion: figure(interval.champion),
      difference: figure(interval.difference),
      lower: figure(interval.lower),
      upper: figure(interval.upper),
    })),
    ...slices,
    calibration: forBoth(candidate, champion, bins),
    confusion: forBoth(candidate, champion, matrix),
    roc: forBoth(candidate, champion, (rows) => (rows.task === 'binary' ? rocCurve(rows).map(pair) : null)),
    precisionRecall: forBoth(candidate, champion, (rows) =>
      rows.task === 'binary' ? precisionRecallCurve(rows).map(pair) : null,
    ),
    notes: [...paired.notes, ...untested],
  };
}

/** The metrics of the task, those to compare in front. */
function chosen(
  task: Task,
  compare: readonly string[] | null,
): { compared: readonly Metric[]; all: readonly Metric[] } {
  const all = metricsFor(task);
  if (!compare || compare.length === 0) return { compared: all, all };
  const compared = compare.map((name) => {
    const metric = all.find((each) => each.name === name);
    if (metric) return metric;
    throw new UserError(
      'InvalidInput',
      `evaluate's \`compare\` names "${name}", which is no metric of a ${task} task. There are: ${all.map((each) => each.name).join(', ')}.`,
    );
  });
  return { compared, all: [...compared, ...all.filter((metric) => !compared.includes(metric))] };
}

function forBoth<T>(
  candidate: Rows,
  champion: Rows | null,
  of: (rows: Rows) => T | null,
): { candidate: T; champion: T | null } | null {
  const figures = of(candidate);
  return figures === null ? null : { candidate: figures, champion: champion && of(champion) };
}

const pair = ([x, y]: readonly [number, number]): [number, number] => [x, y];
const plainBin = ({ rows, predicted, observed }: { rows: number; predicted: number; observed: number }) => ({
  rows,
  predicted,
  observed,
});

function bins(rows: BinaryRows | RegressionRows | MulticlassRows) {
  if (rows.task === 'binary') return calibration(rows).map(plainBin);
  return rows.task === 'regression' ? predictedObserved(rows).map(plainBin) : null;
}

function matrix(rows: Rows): number[][] | null {
  if (rows.task === 'regression' || (rows.task === 'multiclass' && rows.classes > CLASSES_SHOWN)) return null;
  return confusionMatrix(rows);
}
