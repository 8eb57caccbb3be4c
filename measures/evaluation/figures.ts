/** The numeric half of the evaluation. Runs in the data host (Tables.compute): it blocks for as long as it takes. */

import { figure } from '#contracts/data.ts';
import type { Evidence } from '#contracts/evidence.ts';
import type { CompareBy } from '#contracts/stages/evaluate.ts';
import type { Scores } from '#ports/predictor.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { type FairnessRequest, measureFairness } from '../fairness/fairness.ts';
import { calibration } from '../statistics/calibration.ts';
import { type ComparedPair, compareModels } from '../statistics/compare/compare.ts';
import { pairedMethods } from '../statistics/compare/methods.ts';
import { confusionMatrix } from '../statistics/confusion-matrix.ts';
import { precisionRecallCurve, rocCurve } from '../statistics/curves.ts';
import { predictedObserved } from '../statistics/predicted-observed.ts';
import type { BinaryRows, MulticlassRows, RegressionRows, Rows, Task } from '../statistics/rows.ts';
import { calibrationFitOf } from './calibration-fit.ts';
import { chosenMetrics } from './chosen-metrics.ts';
import { churnOf } from './churn.ts';
import { type Dependence, type DependenceRequest, dependenceOf } from './dependence.ts';
import { type ExamplesRequest, errorExamples } from './error-examples.ts';
import { lossesOf } from './losses.ts';
import type { SeenRequest } from './overlap.ts';
import { intervalsOf } from './own-errors.ts';
import { type PairedRows, pairedRows } from './rows.ts';
import { figuresOf, measureSlices } from './slices.ts';
import { readWeights } from './weights.ts';
import { type WorstSlicesRequest, worstSlices } from './worst-slices.ts';

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
  readonly compareBy: CompareBy;
  readonly dependence: DependenceRequest;
  /** Column of the holdout; null: all rows count the same. */
  readonly weight: string | null;
  readonly slices: readonly string[];
  readonly minimumSliceRows: number;
  /** Absent or null: not asked for. */
  readonly fairness?: FairnessRequest | null;
  /** Absent: not asked for. */
  readonly calibration?: boolean;
  /** Absent or null: none are kept. */
  readonly examples?: ExamplesRequest | null;
  /** Absent or null: no search. */
  readonly worst?: WorstSlicesRequest | null;
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
  | 'intervals'
  | 'scored'
  | 'churn'
  | 'slices'
  | 'slicesLeftOut'
  | 'fairness'
  | 'calibration'
  | 'calibrationFit'
  | 'confusion'
  | 'roc'
  | 'precisionRecall'
  | 'examples'
  | 'worstSlices'
  | 'notes'
> & {
  readonly candidate: Evidence['candidate']['metrics'];
  readonly champion: Evidence['candidate']['metrics'] | null;
  /** Rows that were left out because a side was trained on them, and how many of them each side was. */
  readonly overlap: { readonly rows: number; readonly candidate: number; readonly champion: number };
  /** Of the others, those that earlier verdicts used. */
  readonly reused: number;
};

/** @throws UserError InvalidInput for a metric that the task does not have; DataInvalid when target and models do not fit. */
export async function measureModels(request: FiguresRequest, read: ReadColumns): Promise<Figures> {
  const { compared, all } = chosenMetrics(request.task, request.compare, request.compareBy);
  const paired = await pairedRows(request, read);
  const { candidate, champion, classes, kept } = paired;
  const { holdout, slices: columns, minimumSliceRows: minimumRows, bootstrap, compareBy: by } = request;
  const weights = request.weight === null ? null : await readWeights(request.weight, holdout, kept, read);
  const dependence = await dependenceOf(request.dependence, holdout, kept, () => lossesOf(all, paired), read);
  const counting = { weights, units: dependence.units, confidence: bootstrap.confidence, seed: bootstrap.seed };
  const { untested, ...slices } = await measureSlices(
    { holdout, columns, minimumRows, metrics: all, counting },
    paired,
    read,
  );
  const how = { ...bootstrap, by, units: dependence.units, kind: dependence.kind, weights };
  const fairness = await fairnessOf(request, paired, dependence, weights, read);
  const fit = request.calibration ? calibrationFitOf(candidate, counting) : null;
  const worst = request.worst ? await worstSlices(request.worst, holdout, paired, all, counting, read) : null;
  const pairs = champion ? compareModels(compared, candidate, champion, how) : [];
  return {
    classes: classes && [...classes],
    rows: paired.rows,
    dropped: paired.dropped,
    overlap: paired.overlap,
    reused: paired.reused,
    scored: paired.scored,
    directions: Object.fromEntries(all.map((metric) => [metric.name, metric.higherIsBetter])),
    meanings: Object.fromEntries(all.map((metric) => [metric.name, metric.says])),
    candidate: figuresOf(all, candidate, weights),
    champion: champion && figuresOf(all, champion, weights),
    comparisons: pairs.map((pair) => comparisonOf(pair, dependence)),
    intervals: kept.length === 0 ? {} : intervalsOf(all, candidate, counting),
    ...(champion ? { churn: churnOf(candidate, champion, weights) } : {}),
    ...slices,
    ...(fairness ? { fairness } : {}),
    ...(fit ? { calibrationFit: fit } : {}),
    calibration: forBoth(candidate, champion, bins),
    confusion: forBoth(candidate, champion, matrix),
    roc: forBoth(candidate, champion, (rows) => (rows.task === 'binary' ? rocCurve(rows).map(pair) : null)),
    precisionRecall: forBoth(candidate, champion, (rows) =>
      rows.task === 'binary' ? precisionRecallCurve(rows).map(pair) : null,
    ),
    ...(worst ? { worstSlices: worst } : {}),
    ...(request.examples ? { examples: await errorExamples(request.examples, holdout, paired, read) } : {}),
    notes: [...paired.notes, ...dependence.notes, ...methodNotes(request, pairs), ...untested],
  };
}

async function fairnessOf(
  { fairness, holdout }: FiguresRequest,
  { candidate, champion, kept }: PairedRows,
  { units, unit }: Dependence,
  weights: Float64Array | null,
  read: ReadColumns,
): Promise<Evidence['fairness'] | null> {
  if (!fairness || candidate.task === 'regression') return null;
  return measureFairness(fairness, { holdout, candidate, champion, kept, weights, units, by: unit.by }, read);
}

const comparisonOf = (pair: ComparedPair, { unit }: Dependence): Evidence['comparisons'][number] => ({
  metric: pair.metric,
  higherIsBetter: pair.higherIsBetter,
  confidence: pair.confidence,
  resamples: pair.resamples,
  candidate: figure(pair.candidate),
  champion: figure(pair.champion),
  difference: figure(pair.difference),
  lower: figure(pair.lower),
  upper: figure(pair.upper),
  unit,
  method: pair.method,
  standardError: figure(pair.standardError),
  ...(pair.pValue === undefined ? {} : { pValue: figure(pair.pValue) }),
});

function methodNotes({ compareBy, weight }: FiguresRequest, pairs: readonly ComparedPair[]): string[] {
  const note = compareBy === 'bootstrap' || pairs.length === 0 ? null : pairedMethods[compareBy].note;
  return [
    ...(note ? [`${pairs.map(({ metric }) => metric).join(', ')}: ${note}`] : []),
    ...(weight === null ? [] : [`rows count by ${weight}; curves, calibration and confusion count each row once`]),
  ];
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
