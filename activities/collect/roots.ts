/** Everything that objects of the store are kept for, read whole: what cannot be read ends the collection. */

import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import { storeKey, versionTag } from '#contracts/names.ts';
import type { LiveWorkflows } from '#ports/live-workflows.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tracking } from '#ports/tracking.ts';
import type { Marking } from './mark.ts';

export interface RootSources {
  readonly store: Pick<ObjectStore, 'get' | 'uri'>;
  readonly live: Pick<LiveWorkflows, 'all'>;
  readonly registry: Pick<Tracking, 'everyVersion' | 'url'>;
  /** Texts of the project that may name objects: its pipelines, what DVC wrote. */
  projectTexts(): AsyncIterable<string>;
}

export interface Listed {
  readonly bytes: number;
  /** Milliseconds. */
  readonly modified: number;
}

export interface Retention {
  /** Milliseconds by the store's clock. */
  readonly now: number;
  readonly graceMs: number;
  /** Data of runs and decisions that ended so long ago stay only where something else refers to them. */
  readonly keepRunsMs: number;
  /** Results of steps older than this are dropped. */
  readonly keepCacheMs: number;
}

/** Requests at once. */
const AT_ONCE = 8;
/** Newest drift results of a pipeline that stay: as many as its history shows. */
const NEWEST_DRIFT = 200;
/** A run may count as begun so much earlier: times of two servers are compared, and a store's are whole seconds. */
const SLACK = 86_400_000;
/** They live for ever; what they refer to is in their histories. */
const endless = new Set(['loop', 'model', 'exclusive']);

/** @returns when the oldest run began that goes on, milliseconds; null without one */
export async function markRoots(
  marking: Marking,
  objects: ReadonlyMap<string, Listed>,
  sources: RootSources,
  retention: Retention,
  progress: (what: string) => void,
): Promise<{ oldestRun: number | null }> {
  const { now, graceMs, keepRunsMs, keepCacheMs } = retention;
  const within = (ms: number) => (key: string) => now - (objects.get(key)?.modified ?? 0) < ms;
  const below = (prefix: string) => [...objects.keys()].filter((key) => key.startsWith(prefix));
  const texts = (keys: readonly string[], why: string) =>
    each(AT_ONCE, keys, async (key) => {
      const body = await sources.store.get(key);
      if (body) await marking.root({ why, text: Buffer.from(body).toString('utf8') });
    });

  // Before the records: a run that ends meanwhile leaves one.
  progress('reading what goes on');
  const oldestRun = await markLive(marking, sources.live);

  progress('reading the registry');
  const { lineage, versions } = await markVersions(marking, sources.registry);

  progress('reading records');
  const records = below('records/').filter(within(keepRunsMs));
  await texts(records, `the record of a run of the last ${days(keepRunsMs)}`);
  await texts(
    [...lineage].filter((key) => objects.has(key)),
    'a registered version',
  );
  if (versions === 0) await refuseOtherRegistry(records, sources);
  await texts(below('loops/'), 'a deployed pipeline');
  await texts(below('decisions/').filter(within(keepRunsMs)), `decisions of the last ${days(keepRunsMs)}`);
  await texts(
    below('files/md5/').filter((key) => key.endsWith('.dir')),
    'a folder that DVC keeps',
  );
  for await (const text of sources.projectTexts()) await marking.root({ why: 'the files of this project', text });

  progress('reading the step cache');
  const keepAll = async (keys: readonly string[], why: string) => each(AT_ONCE, keys, (key) => marking.keep(key, why));
  await keepAll(below('cache/').filter(within(keepCacheMs)), `a result of a step of the last ${days(keepCacheMs)}`);
  await keepAll(newestDrift(below('drift/')), `the newest ${NEWEST_DRIFT} drift results`);
  const since = Math.max(graceMs, oldestRun === null ? 0 : now - oldestRun);
  await keepAll([...objects.keys()].filter(within(since)), 'within the grace period');
  return { oldestRun };
}

const days = (ms: number) => `${Math.round(ms / 86_400_000)} days`;

async function markLive(marking: Marking, live: Pick<LiveWorkflows, 'all'>): Promise<number | null> {
  let oldest: number | null = null;
  const all = [];
  for await (const workflow of live.all()) all.push(workflow);
  await each(AT_ONCE, all, async ({ type, startedAt, texts }) => {
    if (!endless.has(type)) oldest = Math.min(oldest ?? Number.POSITIVE_INFINITY, startedAt.getTime() - SLACK);
    for await (const text of texts()) await marking.root({ why: 'a workflow that goes on', text });
  });
  return oldest;
}

/** @returns `lineage`: keys of the records of the runs that made them; `versions`: how many are Ratchet's */
async function markVersions(marking: Marking, registry: Pick<Tracking, 'everyVersion'>) {
  const lineage = new Set<string>();
  let versions = 0;
  for await (const version of registry.everyVersion()) {
    const run = version.tags['ratchet.run'];
    if (run) lineage.add(storeKey.record(run));
    if (version.tags[versionTag.key]) versions++;
    await marking.root({ why: 'a registered version', text: JSON.stringify(version) });
  }
  return { lineage, versions };
}

/** An empty registry beside runs that registered versions is more likely another server's. */
async function refuseOtherRegistry(records: readonly string[], { store, registry }: RootSources): Promise<void> {
  for (const key of records) {
    const text = Buffer.from((await store.get(key)) ?? '').toString('utf8');
    const version = /"modelVersion":"([^"]+)"/.exec(text)?.[1];
    if (version === undefined) continue;
    throw new UserError(
      'OutsideRefused',
      `${store.uri(key)} says that version ${version} was registered, and MLflow at ${registry.url} has no version that Ratchet registered: is it the right server? Set MLFLOW_TRACKING_URI. Nothing was collected.`,
    );
  }
}

function newestDrift(keys: readonly string[]): string[] {
  const byPipeline = new Map<string, string[]>();
  for (const key of [...keys].sort()) {
    const pipeline = key.split('/')[1] ?? '';
    byPipeline.set(pipeline, [...(byPipeline.get(pipeline) ?? []), key]);
  }
  return [...byPipeline.values()].flatMap((each) => each.slice(-NEWEST_DRIFT));
}
