/** The numeric half of an estimate. Runs in the data host (Tables.compute): it blocks for as long as it takes. */
import { readFile } from 'node:fs/promises';
import type { Estimate, EstimateOptions } from '#contracts/estimate.ts';
import { UserError } from '#contracts/failures.ts';
import { driftKind } from '#decisions/drift-kind.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { chunkOf, measured, metricsOf } from './assemble.ts';
import { binaryEstimator } from './binary.ts';
import { binaryChoices, chosenMetrics, multiclassChoices, regressionChoices } from './choose-metrics.ts';
import { chunksOf } from './chunks.ts';
import { expectedNumbers } from './expectation.ts';
import { type LimitRule, threeDeviations } from './limits.ts';
import type { EstimatedMetric, ResidualOf, Side } from './metric.ts';
import { multiclassEstimator } from './multiclass.ts';
import { notesOf } from './notes.ts';
import { type EstimateTables, readSides, type SidesRead } from './read-sides.ts';
import type { ExpectedLosses } from './regression.ts';
import { residualOfNumbers } from './residual.ts';
import { reordered } from './sides.ts';

export interface MeasureRequest {
  readonly tables: EstimateTables;
  readonly options: EstimateOptions;
  /** Regression: files of doubles, one a row of the table's file, by name of the metric; null: nothing is estimated. */
  readonly expectedLosses: Readonly<Record<string, Readonly<Record<Side, string>>>> | null;
}

/** @throws UserError DataInvalid or InvalidInput for columns that do not hold what the options say */
export async function measurePerformance(request: MeasureRequest, read: ReadColumns): Promise<Estimate> {
  const { options } = request;
  const found = await readSides(request.tables, options, read);
  const { reference, analysis } = found.sides;
  refuseOneClass(reference.label, options);
  const { estimator, metrics, residual } = await fitted(request, found);
  const ranges = {
    reference: chunksOf(reference.rows, reference.times, options.chunk),
    analysis: chunksOf(analysis.rows, analysis.times, options.chunk),
  };
  const all = metrics.map((metric) => measured(metric, ranges.reference, ruleOf(metric, options)));
  const chunks = (side: Side) =>
    ranges[side].map((range, index) => chunkOf(range, index, side, found.sides[side].label, all, residual));
  const made = { reference: chunks('reference'), analysis: chunks('analysis') };
  const measuredMetrics = metricsOf(all);
  return {
    kind: 'estimate',
    problem: options.problem,
    estimator,
    chunking: { ...options.chunk, time: options.time ?? null },
    metrics: measuredMetrics,
    reference: made.reference,
    chunks: made.analysis,
    rows: { reference: reference.rows, analysis: analysis.rows },
    alert: made.analysis.some((chunk) =>
      Object.values(chunk.metrics).some(({ alert, realizedAlert }) => alert || realizedAlert),
    ),
    drift: driftKind({
      drift: null,
      estimate: { metrics: measuredMetrics, reference: made.reference, chunks: made.analysis },
    }),
    notes: notesOf({ read: found, options, ...made }),
  };
}

/** What CBPE's figures rest on. */
const cbpeConditions = [
  'the scores, calibrated on the reference, are still the probabilities of these rows',
  'only P(X) has moved (covariate shift): a change of P(Y|X), concept drift, is in no estimate and shows when labels come',
] as const;

async function fitted(
  { options, expectedLosses }: MeasureRequest,
  { sides, inFileOrder }: SidesRead,
): Promise<{ estimator: Estimate['estimator']; metrics: EstimatedMetric[]; residual: ResidualOf }> {
  if (options.problem === 'regression') {
    const expected = expectedLosses && (await readLosses(expectedLosses, sides));
    const metrics = chosenMetrics(options, regressionChoices(sides, expected));
    return {
      metrics,
      residual: residualOfNumbers(expectedNumbers(sides)),
      estimator: expected
        ? {
            name: 'DLE',
            calibrated: null,
            says: "a model learned each row's error from the reference's features and expects it of the analysis",
          }
        : { name: 'realized', calibrated: null, says: 'from labels only: no features were named to estimate from' },
    };
  }
  const cbpe = (calibrated: boolean) => ({
    name: 'CBPE' as const,
    calibrated,
    conditions: [...cbpeConditions],
    says: calibrated
      ? 'what the scores, calibrated on the reference, promise of the predictions'
      : 'what the scores promise of the predictions; calibrating them would not have helped on the reference',
  });
  if (options.problem === 'multiclass') {
    const made = multiclassEstimator(inFileOrder, sides);
    return {
      estimator: cbpe(made.calibrated),
      metrics: chosenMetrics(options, multiclassChoices(made)),
      residual: made.residual,
    };
  }
  const binary = ({ scores, ...columns }: SidesRead['sides'][Side]) => ({
    ...columns,
    score: scores[0] as Float64Array,
  });
  const made = binaryEstimator(
    { score: inFileOrder.scores[0] as Float64Array, label: inFileOrder.label },
    { reference: binary(sides.reference), analysis: binary(sides.analysis) },
  );
  return {
    estimator: cbpe(made.calibrated),
    metrics: chosenMetrics(options, binaryChoices(made, options)),
    residual: made.residual,
  };
}

async function readLosses(
  files: NonNullable<MeasureRequest['expectedLosses']>,
  sides: SidesRead['sides'],
): Promise<ExpectedLosses> {
  const one = async (file: string, side: Side) => {
    const bytes = await readFile(file);
    return reordered(new Float64Array(new Uint8Array(bytes).buffer), sides[side].order);
  };
  const entries = Object.entries(files).map(
    async ([name, file]) =>
      [
        name,
        { reference: await one(file.reference, 'reference'), analysis: await one(file.analysis, 'analysis') },
      ] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

function refuseOneClass(label: Float64Array, { problem, target }: EstimateOptions): void {
  const known = new Set(label.filter((value) => !Number.isNaN(value)));
  if (known.size === 0) throw new UserError('DataInvalid', `column ${target} of the reference holds no label`);
  if (problem !== 'regression' && known.size === 1)
    throw new UserError(
      'DataInvalid',
      `all labels of the reference (column ${target}) are of one class: nothing can be calibrated or limited; give a reference that holds every class`,
    );
}

function ruleOf({ name }: EstimatedMetric, { limits }: EstimateOptions): LimitRule {
  const given = limits[name];
  if (!given) return threeDeviations;
  return 'deviations' in given ? { by: 'deviation', ...given.deviations } : { by: 'constant', ...given };
}
