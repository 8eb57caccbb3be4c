/** What the sources of features hold: how new they are, and how the features of some entities are spread. */
import { join } from 'node:path';
import { getHistoricalFeatures } from '#activities/features/history/get-history.ts';
import { milliseconds } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import type { QualityColumn } from '#contracts/quality.ts';
import type { FeatureDocument } from '#features/document.ts';
import type { TrainedWith } from '#features/lineage.ts';
import { type Resolved, resolveFeatures } from '#features/resolve.ts';
import { sourceName } from '#features/source.ts';
import { measureQuality } from '#measures/quality/measure-quality.ts';
import { type Datasets, withDatasets } from '../../../kit/datasets.ts';
import type { Output } from '../../../kit/output.ts';
import { sourcesOf, sourceTables } from '../open-sources.ts';
import { trainedWith } from '../trained-with.ts';

/** Entities whose features are looked at. */
const MOST = 10_000;
/** The moments' column beside the keys: no feature and hardly a column is called so. */
const AT = '__ratchet_at';

interface SourceLook {
  readonly view: string;
  readonly source: string;
  readonly ttl: string;
  readonly rows: number;
  readonly entities: number;
  /** ISO; null without rows. */
  readonly oldest: string | null;
  readonly newest: string | null;
  /** Of the newest event, now. */
  readonly ageSeconds: number | null;
  readonly written: string | null;
  /** The moment that the distributions are of, and of how many entities. */
  readonly at: string;
  readonly looked: number;
}
export interface Looked {
  readonly sources: readonly SourceLook[];
  /** By `view:feature`. */
  readonly columns: readonly QualityColumn[];
  readonly models: readonly TrainedWith[];
}

/** @param name of a view, an entity, an on-demand definition or a service; or view:feature */
export async function lookInto(
  name: string,
  document: FeatureDocument,
  { definitions, at }: { definitions: string; at?: string },
  out: Output,
): Promise<Looked> {
  const moment = at === undefined ? null : momentOf(at);
  const features = featuresBehind(document, name);
  const services = new Set(
    document.services.filter((each) => each.features.some((one) => features.includes(one))).map((each) => each.name),
  );
  const models = await trainedWith().then(
    (all) => all.filter(({ service }) => services.has(service)),
    (error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      out.note(`models are left out: ${error.message}`);
      return [];
    },
  );
  const ofViews = features.filter((feature) => document.views.some((view) => feature.startsWith(`${view.name}:`)));
  if (ofViews.length === 0) return { sources: [], columns: [], models };
  const { views } = resolveFeatures(document, { features: ofViews });
  return withDatasets(sourcesOf(views, definitions), { out }, async (opened) => {
    const sources = await sourceTables(views, opened.datasets, opened);
    const looks: SourceLook[] = [];
    const columns: QualityColumn[] = [];
    for (const [index, resolved] of views.entries()) {
      if (out.live) out.note(`looking into ${resolved.view.name} …`);
      const source = sources.get(resolved.view.name);
      if (!source) throw new Error(`nobody has opened the source of ${resolved.view.name}`);
      const found = await lookAt(resolved, source, document, moment, opened, index);
      looks.push(found.look);
      columns.push(...found.columns);
    }
    return { sources: looks, columns, models };
  });
}

async function lookAt(
  { view, joinKeys, features }: Resolved['views'][number],
  source: Awaited<ReturnType<typeof sourceTables>> extends Map<string, infer T> ? T : never,
  document: FeatureDocument,
  moment: number | null,
  { tables, folder, signal }: Datasets,
  index: number,
): Promise<{ look: SourceLook; columns: QualityColumn[] }> {
  const entities = join(folder, `entities-${index}.parquet`);
  const late = view.availableAfter;
  const sample = await tables.sampleEntities(
    {
      ...{ file: source.file, keys: Object.keys(joinKeys), time: view.timestamp, created: view.created ?? null },
      delay: late === undefined || late === 'created' ? 0 : milliseconds(late) * 1_000,
      ...{ moment, most: MOST, to: entities, as: AT },
    },
    signal,
  );
  const { columns } = await tables.shape([entities], signal);
  const to = join(folder, `features-${index}.parquet`);
  const names = Object.keys(features);
  const made = await getHistoricalFeatures(
    {
      defined: { document, compute: {} },
      features: names.map((name) => `${view.name}:${name}`),
      ...{ entities: { file: entities, columns }, sources: new Map([[view.name, source]]) },
      ...{ time: AT, fullNames: true, folder },
    },
    to,
    tables,
    signal,
  );
  const measured = await measureQuality(
    { current: { name: view.name, files: [to] }, reference: null, time: null, performance: null, conditions: [] },
    tables,
    signal,
  );
  const references = new Map(made.features.map(({ name, reference }) => [name, reference]));
  return {
    look: {
      ...{
        view: view.name,
        source: sourceName(view.source),
        ttl: view.ttl,
        rows: sample.rows,
        entities: sample.entities,
      },
      ...{
        oldest: iso(sample.oldest),
        newest: iso(sample.newest),
        ageSeconds: ageOf(sample.newest),
        written: iso(sample.written),
      },
      ...{ at: iso(sample.at) ?? '', looked: made.rows },
    },
    columns: measured.columns.flatMap((column) => {
      const reference = references.get(column.name);
      return reference === undefined ? [] : [{ ...column, name: reference }];
    }),
  };
}

/** `view:feature` and `name:output` of what is described, with what functions on demand read. */
function featuresBehind({ views, onDemand, services }: FeatureDocument, name: string): string[] {
  const [wanted = '', feature] = name.split(':');
  const named =
    feature === undefined
      ? [
          ...views
            .filter((view) => view.name === wanted || view.entities.includes(wanted))
            .flatMap((view) => Object.keys(view.features).map((each) => `${view.name}:${each}`)),
          ...onDemand
            .filter((each) => each.name === wanted)
            .flatMap((each) => Object.keys(each.outputs).map((output) => `${each.name}:${output}`)),
          ...services.filter((each) => each.name === wanted).flatMap((each) => each.features),
        ]
      : [name];
  const read = onDemand
    .filter((each) => named.some((one) => one.startsWith(`${each.name}:`)))
    .flatMap((each) => Object.values(each.inputs).map((input) => input.feature));
  return [...new Set([...named, ...read])];
}

/** µs since 1970. */
function momentOf(at: string): number {
  const ms = /^\d{4}-\d\d-\d\d/.test(at)
    ? Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/i.test(at) || !at.includes('T') ? at : `${at}Z`)
    : Number.NaN;
  if (Number.isNaN(ms)) throw new UserError('InvalidInput', `--at ${at} is no time: write 2026-11-30T12:00:00Z`);
  return ms * 1_000;
}

const ageOf = (micros: number | null) => (micros === null ? null : Math.round(Date.now() / 1_000 - micros / 1e6));
const iso = (micros: number | null) => (micros === null ? null : new Date(micros / 1_000).toISOString());
