/** Holds what the feature server sampled against what history has of the same moments. */
import { writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { milliseconds } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import type { WatchFinding, WatchRequest } from '#contracts/loop/activities.ts';
import type { SkewMeasured } from '#contracts/loop/evidence.ts';
import { readingOf } from '#contracts/reading.ts';
import { leaves } from '#decisions/retrain/facts.ts';
import type { Resolved } from '#features/resolve.ts';
import { sampleNameOf, samplesOf, samplesWithin } from '#features/samples.ts';
import { type FileSource, isFiles } from '#features/source.ts';
import { type AppliedFeatures, appliedFeatures } from '#records/applied-features.ts';
import { keepSkew, skewInBrief } from '#records/skew-results.ts';
import type { LocalTable } from '../features/plan-views.ts';
import { comparedFeatures, measureSkew } from '../features/skew/measure-skew.ts';
import { queryTable } from '../features/sources/query-table.ts';
import { sha256 } from '../sha256.ts';
import type { StageContext } from '../stage.ts';
import { asStage, type WatchDeps } from './deps.ts';
import { holding } from './held-files.ts';
import { type Hold, tableOf } from './watched-rows.ts';

export async function watchSkew(deps: WatchDeps, { policy, asOf }: WatchRequest): Promise<WatchFinding> {
  const skew = policy.watch?.skew;
  if (!skew) return { evidence: [], mark: {} };
  const { service, leastVectors } = skew;
  const applied = await appliedFeatures(deps.store, deps.project);
  if (!applied)
    throw new UserError(
      'InvalidInput',
      `skew of ${service}: the project ${deps.project} has applied no definitions of features; run ratchet features apply`,
    );
  const to = new Date(Date.parse(asOf) - milliseconds(skew.after)).toISOString();
  const window = { from: new Date(Date.parse(to) - milliseconds(skew.window)).toISOString(), to };
  const defined = { kind: 'features' as const, document: applied.document, compute: {} };
  const { views } = comparedFeatures(defined, service);
  return asStage(deps, policy, asOf, (context) =>
    holding(async (hold) => {
      const keys = await sampledKeys(deps, { service, applied, ...window });
      const samples = await downloaded(deps, keys, context);
      const ages = leaves(policy.triggers).some(({ kind }) => kind === 'freshness');
      const read = samples.length > 0 || ages;
      const sources = read ? await sourceTables(deps, views, applied, context, hold) : new Map<string, LocalTable>();
      const asked = { defined, service, samples, window, sources, folder: context.workdir };
      const measured = await measureSkew(asked, { ...deps.histories, extend: nothingOnDemand }, context.signal);
      const value: SkewMeasured = {
        // The same vectors, looked at at one time: the same evidence.
        id: `watch/skew/${service}/${sha256(`${asOf} ${keys.join(' ')}`).slice(0, 20)}`,
        ...{ at: asOf, source: 'watch', who: 'ratchet' },
        ...{ window, service, version: measured.version, vectors: measured.vectors },
        features: skewInBrief(measured.features),
        views: ages ? await agesOf(deps, views, sources, asOf) : [],
        result: await keepSkew(deps.store, policy.pipeline, { ...measured, at: asOf, leastVectors }),
        ...(measured.vectors < leastVectors
          ? { tooFew: { rows: measured.vectors, least: leastVectors, what: 'vectors' } }
          : {}),
      };
      return { evidence: [{ signal: 'skewMeasured', value }], mark: {} };
    }),
  );
}

const MOST_VIEWS = 50;

/** Of each view how long before the look its newest known row happened, the oldest first. */
async function agesOf(
  { histories }: WatchDeps,
  views: Resolved['views'],
  sources: ReadonlyMap<string, LocalTable>,
  asOf: string,
): Promise<SkewMeasured['views']> {
  const asked = views.flatMap(({ view }) => {
    const file = sources.get(view.name)?.file;
    const created = (view.availableAfter ?? 'created') === 'created' ? (view.created ?? null) : null;
    return file === undefined ? [] : [{ name: view.name, file, time: view.timestamp, created }];
  });
  const newest = await histories.newest({ sources: asked.map(({ name: _, ...source }) => source), until: asOf });
  const ages = asked.map(({ name }, index) => {
    const at = newest[index] ?? null;
    return { name, ageSeconds: at === null ? null : Math.max(0, (Date.parse(asOf) - at) / 1_000) };
  });
  const older = ({ ageSeconds }: (typeof ages)[number]) => ageSeconds ?? Number.POSITIVE_INFINITY;
  return ages.sort((a, b) => older(b) - older(a)).slice(0, MOST_VIEWS);
}

/** {@link comparedFeatures} has left them out: a worker runs no function of a user's. */
const nothingOnDemand = () => Promise.reject(new Error('a function on demand was to be computed'));

async function sampledKeys(
  { store }: WatchDeps,
  { service, applied, from, to }: { service: string; applied: AppliedFeatures; from: string; to: string },
): Promise<string[]> {
  const version = applied.document.services.find(({ name }) => name === service)?.version ?? '';
  const files = [];
  for await (const { key } of store.list(samplesOf(service))) {
    const name = sampleNameOf(key);
    if (name) files.push({ ...name, key });
  }
  return samplesWithin(files, { version, from, to }).own.map(({ key }) => key);
}

async function downloaded({ store }: WatchDeps, keys: readonly string[], { workdir }: StageContext): Promise<string[]> {
  const files: string[] = [];
  for (const [index, key] of keys.entries()) {
    const body = await store.get(key);
    // One that is gone since it was listed says nothing.
    if (!body) continue;
    const file = join(workdir, `sample-${index}.jsonl`);
    await writeFile(file, body);
    files.push(file);
  }
  return files;
}

async function sourceTables(
  deps: WatchDeps,
  views: Resolved['views'],
  { folder }: AppliedFeatures,
  context: StageContext,
  hold: Hold,
): Promise<Map<string, LocalTable>> {
  const tables = new Map<string, LocalTable>();
  const queries = { databases: deps.databases, queries: deps.histories };
  for (const { view } of views) {
    const { source } = view;
    if (isFiles(source)) {
      const { path, columns } = await opened(source, view.name);
      tables.set(view.name, { file: path, columns });
      continue;
    }
    const file = join(context.workdir, `queried-${view.name}.parquet`);
    const open = async (table: FileSource) => [(await opened(table, view.name)).path];
    const { columns } = await queryTable(source, file, { folder: context.workdir, open }, queries, context.signal);
    tables.set(view.name, { file, columns });
  }
  return tables;

  async function opened(from: FileSource, name: string) {
    const { path, format } = from;
    const project = deps.sources.projectFolder(context.run);
    const own = join(project, 'pipelines', context.run.pipeline);
    const source = isAbsolute(path) || /^s3:/i.test(path) ? path : relative(own, join(project, folder, path));
    const table = await tableOf(deps, { source, format, reading: readingOf(from) }, context, hold);
    if (!table) throw new UserError('DataInvalid', `the source of the view ${name} is ${path}, where nothing is`);
    return table;
  }
}
