/** Training–serving skew: vectors as they were served, held against what history has of the same entities at the same moments. */
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { DefinedFeatures } from '#features/repository.ts';
import { type Resolved, resolveFeatures } from '#features/resolve.ts';
import type { FeatureType } from '#features/value-types.ts';
import type { Extending, Histories } from '#ports/history.ts';
import type { SampledRequest, SkewOfFeature, Skews } from '#ports/skew.ts';
import { getHistoricalFeatures } from '../history/get-history.ts';
import type { LocalTable } from '../plan-views.ts';

export interface Skew {
  readonly service: string;
  readonly version: string;
  /** Of the moments that vectors were asked for: [from, to), ISO. */
  readonly window: { readonly from: string; readonly to: string };
  readonly vectors: number;
  /** In the service's order. */
  readonly features: readonly SkewOfFeature[];
}

/** Vectors that are compared at most: the newest. */
const MOST = 100_000;
/** Two float64 sums of one set of fractions differ by their order. */
const TOLERANCE = 1e-9;
const EXAMPLES = 3;
const AT = 'served at';

/**
 * What of a service is compared: all that there is a function for. Where a function is not, its outputs are left out: its digest is part of the
 * service's version, and so it is the same code.
 * @throws UserError InvalidInput for an unknown service, and one that has nothing else
 */
export function comparedFeatures({ document, compute }: DefinedFeatures, service: string): Resolved {
  const { columns } = resolveFeatures(document, { service });
  const known = columns.filter(({ onDemand, view }) => !onDemand || Object.hasOwn(compute, view));
  if (known.length > 0) return resolveFeatures(document, { features: known.map(({ reference }) => reference) });
  throw new UserError(
    'InvalidInput',
    `all features of ${service} are computed on demand: their inputs are what skew would show in, so name one of these in the service`,
  );
}

/**
 * @param ask `samples` files of the service's present version; `sources` of the views of {@link comparedFeatures}, Parquet
 * @throws UserError InvalidInput for an unknown service, DataInvalid for samples that do not fit it
 */
export async function measureSkew(
  ask: {
    readonly defined: DefinedFeatures;
    readonly service: string;
    readonly samples: readonly string[];
    readonly window: { readonly from: string; readonly to: string };
    readonly sources: ReadonlyMap<string, LocalTable>;
    /** For what lies between, its owner removes it. */
    readonly folder: string;
  },
  tables: Histories & Extending & Skews,
  signal: AbortSignal,
): Promise<Skew> {
  const { defined, service, window, folder } = ask;
  const version = defined.document.services.find(({ name }) => name === service)?.version ?? '';
  const resolved = comparedFeatures(defined, service);
  const given: [string, FeatureType][] = [
    ...resolved.views.flatMap(({ joinKeys }) => Object.entries(joinKeys)),
    ...Object.entries(resolved.request),
  ];
  const fields: Record<string, { column: string; type: FeatureType }> = { at: { column: AT, type: 'timestamp' } };
  for (const [name, type] of given) fields[`given:${name}`] = { column: name, type };
  for (const { reference, type } of resolved.columns)
    fields[`served:${reference}`] = { column: servedColumn(reference), type };

  const table = await sampledTable({ files: ask.samples, fields, ...window, most: MOST }, folder, tables, signal);
  const pairs = resolved.columns.map(({ reference, view, feature, type }) => ({
    ...{ feature: reference, type, served: servedColumn(reference), recomputed: `${view}__${feature}` },
  }));
  if (table.rows === 0) return { service, version, window, vectors: 0, features: [] };
  const file = join(folder, 'recomputed.parquet');
  const features = pairs.map(({ feature }) => feature);
  await getHistoricalFeatures(
    { defined, features, entities: table, sources: ask.sources, time: AT, fullNames: true, folder },
    file,
    tables,
    signal,
  );
  const shown = [AT, ...new Set(given.map(([name]) => name))];
  const found = await tables.skew({ file, shown, pairs, tolerance: TOLERANCE, examples: EXAMPLES }, signal);
  return { service, version, window, vectors: table.rows, features: found };
}

/** Not the name that history gives it. */
const servedColumn = (reference: string): string => `served ${reference}`;

async function sampledTable(
  request: Omit<SampledRequest, 'file'>,
  folder: string,
  tables: Skews,
  signal: AbortSignal,
): Promise<LocalTable & { rows: number }> {
  const file = join(folder, 'sampled.parquet');
  if (request.files.length === 0) return { file, columns: [], rows: 0 };
  try {
    const { columns, rows } = await tables.sampled({ ...request, file }, signal);
    return { file, columns: [...columns], rows };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      'DataInvalid',
      `the sampled vectors are not as the feature server writes them: ${error.message}`,
    );
  }
}
