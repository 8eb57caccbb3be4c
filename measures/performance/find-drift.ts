/** Data drift or concept drift, measured: drift tests of the features beside an estimate of performance. */

import type { ConceptTests } from '#contracts/concept.ts';
import type { DriftResult } from '#contracts/drift.ts';
import type { DriftFinding, Estimate, EstimateOptions } from '#contracts/estimate.ts';
import { driftKind, spread } from '#decisions/drift-kind.ts';
import type { Tables } from '#ports/tables.ts';
import type { MeasureRequest } from '../drift/measure.ts';
import type { ConceptRequest } from './concept/measure-concept.ts';
import { filesOf } from './estimate-performance.ts';
import type { EstimateTables } from './read-sides.ts';

/**
 * Every column that both tables have is a feature, but for target, prediction, scores, id and time; a regression's may be named.
 * @throws UserError DataInvalid when the tables cannot be compared
 */
export async function findDrift(
  { reference, analysis, targets }: EstimateTables,
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
      module: new URL('../drift/measure.ts', import.meta.url).href,
      name: 'measureDriftHere',
      args: request,
      files: [reference.file, analysis.file],
    },
    signal,
  );
  const { target, prediction, score = {}, id, time } = options;
  const scores = typeof score === 'string' ? [score] : Object.values(score);
  const apart = [target, prediction, id, time, ...scores].filter((name) => name !== undefined);
  const labelled = estimate.chunks.some((chunk) => chunk.labelled > 0);
  return driftKind({ drift, apart, estimate, cells: labelled ? await cells() : null });

  function cells(): Promise<ConceptTests> {
    const features = Object.entries(drift.columns)
      .filter(([name]) => !apart.some((each) => each === name))
      .map(([name, { kind }]) => ({
        name,
        kind: kind === 'numerical' ? ('numerical' as const) : ('categorical' as const),
      }));
    const args: ConceptRequest = {
      ...{ tables: { reference, analysis, targets }, options, features },
      spread: Math.max(1, spread(estimate.reference)),
    };
    const module = new URL('./concept/measure-concept.ts', import.meta.url).href;
    return deps.tables.compute<ConceptTests>(
      { module, name: 'measureConcept', args, files: filesOf(args.tables) },
      signal,
    );
  }
}
