/** Performance of a model on rows whose labels may not have come: estimated, and realized as far as they have. */
import { join } from 'node:path';
import type { Estimate, EstimateOptions } from '#contracts/estimate.ts';
import type { ErrorModel, ErrorProblem } from '#ports/error-model.ts';
import type { Tables } from '#ports/tables.ts';
import { chosenMetrics, defaultMetrics, regressionChoices } from './choose-metrics.ts';
import { type ErrorProblemRequest, modelOf } from './error-problem.ts';
import type { MeasureRequest } from './measure-performance.ts';
import type { EstimateTables } from './read-sides.ts';

export type { EstimateTables };

export interface EstimateDependencies {
  readonly tables: Pick<Tables, 'compute' | 'inspect'>;
  /** Needed for regressions with features. */
  readonly errorModel: ErrorModel;
}

/**
 * Reads only the columns that it needs, in the data host; a cancel ends it there and in Python.
 * @param files local Parquet
 * @param workdir for the files of a model of the error; the caller removes it
 * @throws UserError DataInvalid or InvalidInput for columns that do not hold what the options say
 */
export async function estimatePerformance(
  tables: EstimateTables,
  options: EstimateOptions,
  deps: EstimateDependencies,
  workdir: string,
  signal?: AbortSignal,
): Promise<Estimate> {
  const expectedLosses =
    options.problem === 'regression' ? await expectLosses(tables, options, deps, workdir, signal) : null;
  const request: MeasureRequest = { tables, options, expectedLosses };
  return deps.tables.compute<Estimate>(
    {
      module: new URL('./measure-performance.ts', import.meta.url).href,
      name: 'measurePerformance',
      args: request,
      files: filesOf(tables),
    },
    signal,
  );
}

async function expectLosses(
  tables: EstimateTables,
  options: EstimateOptions,
  deps: EstimateDependencies,
  folder: string,
  signal?: AbortSignal,
): Promise<MeasureRequest['expectedLosses']> {
  const { prediction, target } = options;
  if (prediction === undefined || options.features?.length === 0) return null;
  const metrics = options.metrics ?? defaultMetrics.regression;
  refuseUnknown(options);
  const { columns } = await deps.tables.inspect(tables.reference.file, signal);
  const known = new Map(columns.map(({ name, type }) => [name, type]));
  const apart = new Set([target, prediction, options.id, options.time]);
  const features = (options.features ?? columns.map(({ name }) => name).filter((name) => !apart.has(name))).filter(
    (name) => name !== prediction,
  );
  if (features.length === 0) return null;
  const request: ErrorProblemRequest = {
    tables: { reference: tables.reference, analysis: tables.analysis },
    folder,
    // A column that is not there is the reader's error to word.
    features: features.map((column) => ({ column, categorical: isCategory(known.get(column) ?? '') })),
    ...{ target, prediction, metrics },
  };
  const problem = await deps.tables.compute<ErrorProblem>(
    {
      module: new URL('./error-problem.ts', import.meta.url).href,
      name: 'writeErrorProblem',
      args: request,
      files: filesOf(tables),
    },
    signal,
  );
  await deps.errorModel.expect(problem, signal);
  const file = (metric: string, side: string) => join(folder, `${modelOf(metric)}.${side}.f64`);
  return Object.fromEntries(
    metrics.map((metric) => [metric, { reference: file(metric, 'reference'), analysis: file(metric, 'analysis') }]),
  );
}

/** Before minutes are spent on a model. */
function refuseUnknown(options: EstimateOptions): void {
  const none = { predicted: new Float64Array(0), label: new Float64Array(0) };
  chosenMetrics(options, regressionChoices({ reference: none, analysis: none }, null));
}

/** DuckDB's types of texts and truth values; all else must be a number or a time. */
const isCategory = (type: string) => /^(VARCHAR|BOOLEAN|ENUM|UUID)/.test(type);

export function filesOf({ reference, analysis, targets }: EstimateTables): string[] {
  const tables = [reference, analysis, ...(targets ? [targets] : [])];
  return [...new Set(tables.flatMap(({ file, scores }) => (scores ? [file, scores.file] : [file])))];
}
