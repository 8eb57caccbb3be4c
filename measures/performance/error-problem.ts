/** Writes what a model of the error learns from. Runs in the data host. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErrorProblem } from '#ports/error-model.ts';
import type { ReadColumns, TextColumn } from '#ports/tables.ts';
import type { Side } from './metric.ts';
import { numbers, type TableFile, texts } from './read-columns.ts';
import { losses } from './regression.ts';

export interface ErrorProblemRequest {
  readonly tables: Readonly<Record<Side, TableFile>>;
  readonly folder: string;
  /** In order; the prediction goes last. */
  readonly features: readonly { readonly column: string; readonly categorical: boolean }[];
  readonly target: string;
  readonly prediction: string;
  /** Names of metrics; those that are a root share the model of what is under it. */
  readonly metrics: readonly string[];
}

/** What NannyML puts for a missing category; it has its place among the sorted ones. */
const MISSING = 'NML_missing_value';

/** @throws UserError DataInvalid for a column that is not there, or a number that is infinite */
export async function writeErrorProblem(request: ErrorProblemRequest, read: ReadColumns): Promise<ErrorProblem> {
  const { tables, folder, target, prediction } = request;
  const features = [...request.features, { column: prediction, categorical: false }];
  const rows = { reference: 0, analysis: 0 };
  const categories = new Map<string, ReadonlyMap<string, number>>();
  for (const side of ['reference', 'analysis'] as const) {
    const file = await open(join(folder, `${side}.f64`), 'w');
    try {
      for (const { column, categorical } of features) {
        const values = categorical
          ? encoded(await texts(read, tables[side], column), column, categories)
          : await numbers(read, tables[side], column);
        rows[side] = values.length;
        await file.appendFile(bytes(values));
      }
    } finally {
      await file.close();
    }
  }
  const truth = await numbers(read, tables.reference, target);
  const predicted = await numbers(read, tables.reference, prediction);
  const models = [...new Set(request.metrics.map(modelOf))];
  for (const name of models) {
    const loss = losses.find((each) => each.name === name);
    if (!loss) continue;
    const lost = truth.map((value, row) => loss.of(value, predicted[row] as number));
    const file = await open(join(folder, `${name}.f64`), 'w');
    await file.appendFile(bytes(lost));
    await file.close();
  }
  const categorical = features.flatMap((feature, index) => (feature.categorical ? [index] : []));
  return { folder, rows, features: features.length, categorical, losses: models };
}

/** The metric whose loss a model learns: a root is taken of the mean, afterwards. */
export const modelOf = (metric: string): string => ({ rmse: 'mse', rmsle: 'msle' })[metric] ?? metric;

/** Codes from 1 by the reference's sorted categories; 0 for what the reference does not have. */
function encoded(
  { codes, values }: TextColumn,
  column: string,
  categories: Map<string, ReadonlyMap<string, number>>,
): Float64Array {
  let known = categories.get(column);
  if (!known) {
    const all = [...values, ...(codes.includes(-1) ? [MISSING] : [])].sort((a, b) => (a < b ? -1 : 1));
    known = new Map(all.map((value, index) => [value, index + 1]));
    categories.set(column, known);
  }
  const code = values.map((value) => known.get(value) ?? 0);
  const missing = known.get(MISSING) ?? 0;
  return Float64Array.from(codes, (at) => (at < 0 ? missing : (code[at] as number)));
}

const bytes = (values: Float64Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
