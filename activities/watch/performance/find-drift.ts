/** Data drift or concept drift, measured: drift tests of the features beside an estimate of performance. */
import type { MeasureRequest } from '#activities/data/drift/measure.ts';
import type { Tables } from '#activities/ports/tables.ts';
import type { DriftResult } from '#contracts/drift.ts';
import type { DriftFinding, Estimate, EstimateOptions } from '#contracts/estimate.ts';
import { driftKind } from '#decisions/drift-kind.ts';
import type { EstimateTables } from './read-sides.ts';

/**
 * Every column that both tables have is a feature, but for target, prediction, scores, id and time; a regression's may be named.
 * @throws UserError DataInvalid when the tables cannot be compared
 */
export async function findDrift(
  { reference, analysis }: EstimateTables,
  options: EstimateOptions,
  estimate: Estimate,
  deps: { readonly tables: Pick<Tables, 'compute'> },
  signal?: AbortSignal,
): Promise<DriftFinding> {
  const request: MeasureRequest = {
    reference: { files: [reference.file] },
    current: { files: [analysis.file] },
    options: options.features && options.features.length > 0 ? { columns: options.features } : {},
  };
  const drift = await deps.tables.compute<DriftResult>(
    {
      module: new URL('../../data/drift/measure.ts', import.meta.url).href,
      name: 'measureDriftHere',
      args: request,
      files: [reference.file, analysis.file],
    },
    signal,
  );
  const { target, prediction, score = {}, id, time } = options;
  const scores = typeof score === 'string' ? [score] : Object.values(score);
  const apart = [target, prediction, id, time, ...scores].filter((name) => name !== undefined);
  return driftKind({ drift, apart, estimate });
}
