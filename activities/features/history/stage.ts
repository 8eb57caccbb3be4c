/** The stage getHistoricalFeatures: the engine of `ratchet features history` in a run, functions on demand in a step host. */
import { join } from 'node:path';
import type { z } from 'zod';
import type { DatasetRef, FeatureServiceRef } from '#contracts/data.ts';
import { describeIssues } from '#contracts/describe-issues.ts';
import { UserError } from '#contracts/failures.ts';
import { readingOf } from '#contracts/reading.ts';
import { type getHistoricalFeatures as stage, validateData } from '#contracts/stages/index.ts';
import { servedBy } from '#features/asked.ts';
import { digestOf } from '#features/digest.ts';
import { FeatureDocument } from '#features/document.ts';
import { unknownName } from '#features/names.ts';
import { meaningOf, type Resolved, resolveFeatures } from '#features/resolve.ts';
import { type FileSource, isFiles, type QuerySource, type Source } from '#features/source.ts';
import type { Extending, Histories, Vectors } from '#ports/history.ts';
import type { Tables } from '#ports/tables.ts';
import { keepDefinitions } from '#records/applied-features.ts';
import { createDatasetCache } from '../../data/dataset-cache.ts';
import { createValidateData, type ValidateDataDependencies } from '../../data/validate-data.ts';
import type { StageContext, StageWork } from '../../stage.ts';
import { localTables } from '../local-tables.ts';
import type { LocalTable } from '../plan-views.ts';
import { type QueryDependencies, queryTable } from '../sources/query-table.ts';
import { getHistoricalFeatures } from './get-history.ts';

export type HistoryStageDependencies = Omit<ValidateDataDependencies, 'tables'> &
  QueryDependencies & {
    readonly tables: ValidateDataDependencies['tables'] & Pick<Tables, 'md5' | 'snapshot'> & Histories & Vectors;
  };

type Input = z.output<typeof stage.input>;

export function createHistoricalFeatures(deps: HistoryStageDependencies): StageWork<'getHistoricalFeatures'> {
  const cache = createDatasetCache(deps);
  const read = createValidateData(deps);

  return async (input, context) => {
    const { signal, workdir, progress } = context;
    const document = documentOf(input);
    const resolved = resolveFeatures(document, input);
    const sources: Record<string, DatasetRef> = { ...input.sources };
    const snapshotOf = async (source: FileSource) =>
      (await read(validateData.input.parse(validated(source)), context)).snapshot;
    // One after another: each has the attempt's folder to itself.
    for (const { view, source } of ownSources(resolved, input))
      sources[view] = isFiles(source) ? await snapshotOf(source) : await asked(source, view);
    const local = localTables(cache, deps.tables, context);
    const tables = new Map<string, LocalTable>();
    for (const [view, ref] of Object.entries(sources)) tables.set(view, await local(ref, `source-${view}`));
    const entities = await local(input.entities, 'entities');

    progress(`joining ${input.entities.rows.toLocaleString('en-US')} rows to ${tables.size} views`);
    const to = join(workdir, 'features.parquet');
    const made = await getHistoricalFeatures(
      {
        ...{ defined: { document, compute: {} }, features: input.features, service: input.service },
        ...{ entities, sources: tables, time: input.time, fullNames: input.fullNames, folder: workdir },
      },
      to,
      { history: (request, stop) => deps.tables.history(request, stop), extend: extendOutside(deps.tables, context) },
      signal,
    );
    const { rows, bytes, md5, columns, matched, withoutTime } = made;
    const { uri } = await cache.keep(to, md5, signal);
    const service = input.service === undefined ? {} : { service: await kept(document, resolved, input.service) };
    const found = Object.entries(matched).map(([view, share]) => `, ${view} found for ${(share * 100).toFixed(1)} %`);
    progress(`${rows.toLocaleString('en-US')} rows with ${made.features.length} features${found.join('')}`);
    const features: DatasetRef = {
      ...{ kind: 'dataset', uri, digest: `md5:${md5}`, format: 'parquet', rows, bytes, columns: [...columns] },
      ...service,
    };
    return { features, matched: { ...matched }, withoutTime, sources };

    /** As it is in the database now: what a run has seen stays in the store. */
    async function asked(source: QuerySource, view: string): Promise<DatasetRef> {
      const rows = join(workdir, `queried-${view}.parquet`);
      const open = async (table: FileSource) => [await cache.localFile(await snapshotOf(table), signal)];
      const { md5, ...facts } = await queryTable(source, rows, { folder: workdir, open, progress }, deps, signal);
      const kept = await cache.keep(rows, md5, signal);
      return {
        ...{ kind: 'dataset', uri: kept.uri, digest: `md5:${md5}`, format: 'parquet' },
        ...{ rows: facts.rows, bytes: facts.bytes, columns: [...facts.columns] },
      };
    }

    async function kept(all: FeatureDocument, asked: Resolved, name: string): Promise<FeatureServiceRef> {
      const version = digestOf(meaningOf(asked));
      const meant = servedBy(all, asked, name);
      for (const each of meant.services) each.version = version;
      return { name, version, definitions: `sha256:${await keepDefinitions(deps.store, meant)}` };
    }
  };
}

/** @throws UserError InvalidInput for what is no document of definitions */
export function documentOf({ definitions }: Pick<Input, 'definitions'>): FeatureDocument {
  const parsed = FeatureDocument.safeParse(definitions);
  if (parsed.success) return parsed.data;
  throw new UserError(
    'InvalidInput',
    `definitions are no document of features: ${describeIssues(parsed.error.issues, definitions).slice(0, 3).join('; ')}; write ...featuresOf(defined, { service: '…' })`,
  );
}

/**
 * Views whose rows no step gives.
 * @throws UserError InvalidInput for a source of a view that is not asked for
 */
export function ownSources(
  { views }: Pick<Resolved, 'views'>,
  { sources }: { readonly sources: Readonly<Record<string, unknown>> },
): { readonly view: string; readonly source: Source }[] {
  const names = views.map(({ view }) => view.name);
  const unknown = Object.keys(sources).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UserError('InvalidInput', `sources: ${unknownName('view that is asked for', unknown, names)}`);
  return views
    .filter(({ view }) => !Object.hasOwn(sources, view.name))
    .map(({ view: { name, source } }) => ({ view: name, source }));
}

/** Files as validateData reads them. */
export const validated = (source: FileSource): z.input<typeof validateData.input> => ({
  ...{ source: source.path, format: source.format },
  ...readingOf(source),
});

/** The worker's process runs no code of a pipeline's author: vectors go to a step host, as a file. */
function extendOutside(tables: Vectors, { onVectors, workdir }: StageContext): Extending['extend'] {
  return async (request, _compute, signal) => {
    if (!onVectors) throw new Error('nobody runs the functions of this run');
    const { onDemand, ...extension } = request;
    const [from, to] = [join(workdir, 'vectors.jsonl'), join(workdir, 'computed.jsonl')];
    const rows = await tables.vectors(
      { file: request.file, time: request.time, inputs: request.inputs, to: from },
      signal,
    );
    const inputs = Object.entries(request.inputs).map(([name, { type }]) => ({ name, type }));
    const functions = onDemand.map(({ name, digest }) => ({ name, digest }));
    const outputs = Object.keys(request.outputs);
    const computed = await onVectors({ onDemand: functions, inputs, outputs, from, to }, signal);
    if (computed !== rows) throw new Error(`${computed} of ${rows} rows were computed`);
    return tables.extended({ ...extension, computed: to }, signal);
  };
}
