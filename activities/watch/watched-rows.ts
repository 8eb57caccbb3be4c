/** Rows of a watched source between two times, as the model would be given them. */
import { join } from 'node:path';
import type { Column, DatasetRef } from '#contracts/data.ts';
import { ArtifactDamaged, UserError } from '#contracts/failures.ts';
import { featurize } from '#contracts/stages/featurize.ts';
import type { WatchPolicy } from '#contracts/watch.ts';
import { snapshotOf } from '../data/snapshot.ts';
import { filesBehind } from '../data/source/files.ts';
import { sourceDependencies } from '../data/validate-data.ts';
import { expressionsOf, planFeaturize } from '../features/plan-featurize.ts';
import type { StageContext } from '../stage.ts';
import type { WatchMemory } from './cursor.ts';
import type { WatchDeps } from './deps.ts';
import { heldFiles, holding, removeOldFiles } from './held-files.ts';
import { listFiles, locatedAs, type WatchedFile } from './watched-files.ts';

/** A Parquet file of the look's own: in no store. */
export interface LocalTable {
  readonly path: string;
  /** `md5:` and 32 hex digits. */
  readonly digest: string;
  readonly rows: number;
  readonly bytes: number;
  readonly columns: readonly Column[];
  /** Parquet with the times of the rows, in their order, as `time`. */
  readonly times?: { readonly path: string; readonly digest: string };
}

/** Says of a file that it is read until the look has what it wants. */
export type Hold = (path: string) => void;

/** One table of the files' rows, in their order; made once for the same bytes, as long as it is there. */
async function snapshotOfFiles(
  deps: WatchDeps,
  { format, reading = {} }: Pick<WatchPolicy, 'format' | 'reading'>,
  files: readonly WatchedFile[],
  { workdir, signal }: StageContext,
  hold: Hold,
): Promise<LocalTable> {
  if (files.length === 0) throw new UserError('DataInvalid', 'there is no file to read');
  const source = await filesBehind(locatedAs(files), format, sourceDependencies(deps.sources), signal);
  const folder = join(deps.sources.cacheFolder, 'watch');
  await removeOldFiles(folder, deps.heldBytes === undefined ? {} : { most: deps.heldBytes });
  const held = heldFiles(deps.sources.tables, folder);
  const made = () => snapshotOf(source, reading, held, workdir, signal);
  const found = async (): Promise<LocalTable> => {
    const { ref } = await made();
    const path = await held.cache.localFile(ref, signal);
    hold(path);
    return { ...ref, path };
  };
  // Changed under our hands: what is left of it is removed, and it is made again.
  return found().catch((error) => (error instanceof ArtifactDamaged ? found() : Promise.reject(error)));
}

/** Rows from `from` until, not including, `to` (ISO), as features with the target; null when there are none. */
export const rowsBetween = (
  deps: WatchDeps,
  watch: WatchPolicy,
  memory: WatchMemory,
  span: readonly [string, string],
  context: StageContext,
): Promise<LocalTable | null> => holding((hold) => rowsOf(deps, watch, memory, span, context, hold));

async function rowsOf(
  deps: WatchDeps,
  watch: WatchPolicy,
  memory: WatchMemory,
  [from, to]: readonly [string, string],
  context: StageContext,
  hold: Hold,
): Promise<LocalTable | null> {
  const { timeColumn, target, features } = watch;
  const { views: sources = [], ...expressions } = features;
  if (!timeColumn) return null;
  const all = await listFiles(watch.source, context.run, deps.sources);
  // A file whose rows all lie before is not opened.
  const files = all.filter(({ label, version }) => {
    const known = memory.files[label];
    return !known || known[0] !== version || known[2] === null || known[2] >= from;
  });
  if (files.length === 0) return null;
  const data = await snapshotOfFiles(deps, watch, files, context, hold);
  const views = await Promise.all(sources.map((view) => joinedTable(deps, view, context, hold)));
  const input = featurize.input.parse({
    data: asDataset(data),
    time: timeColumn,
    ...expressions,
    views: views.map(({ view }) => view),
    target,
    split: { by: 'share', holdout: 0.5 },
  });
  const facts = await deps.tables.parse(expressionsOf(input), timeColumn, context.signal);
  const holdout = join(context.workdir, `rows-${from.slice(0, 10)}.parquet`);
  const train = join(context.workdir, `none-${from.slice(0, 10)}.parquet`);
  const times = join(context.workdir, `times-${from.slice(0, 10)}.parquet`);
  const tables = views.map(({ view, path: file }) => ({ file, columns: view.data.columns }));
  const plan = planFeaturize(input, { file: data.path, columns: data.columns }, tables, facts, { train, holdout });
  const window = { from: Date.parse(from), to: Date.parse(to) };
  // Nothing is held out: both parts are the window, and an empty part would leave neither.
  const made = await deps.tables.featurize(
    { ...plan, split: { by: 'time', train: window, holdout: window }, times },
    context.signal,
  );
  if (made.holdout.rows === 0) return null;
  const { rows, bytes, md5, columns } = made.holdout;
  return {
    ...{ path: holdout, digest: `md5:${md5}`, rows, bytes, columns: [...columns] },
    ...(made.times ? { times: { path: times, digest: `md5:${made.times.md5}` } } : {}),
  };
}

/** As `featurize` is told of a table: what lies on this machine alone is told by its digest. */
const asDataset = ({ digest, rows, bytes, columns }: LocalTable): DatasetRef => ({
  ...{ kind: 'dataset', uri: `held:${digest}`, format: 'parquet' },
  ...{ digest, rows, bytes, columns: [...columns] },
});

/**
 * All of a view's rows: what was known at a row's time is found by the join, as in training.
 * @throws UserError DataInvalid when there is no file of it
 */
async function joinedTable(
  deps: WatchDeps,
  { source, format, reading, ...view }: NonNullable<WatchPolicy['features']['views']>[number],
  context: StageContext,
  hold: Hold,
) {
  const data = await tableOf(deps, { source, format, reading }, context, hold);
  if (!data) throw new UserError('DataInvalid', `the view ${view.name} is joined from ${source}, where nothing is`);
  return { view: { ...view, data: asDataset(data) }, path: data.path };
}

/** All rows of a source; null when there is no file of it. */
export async function tableOf(
  deps: WatchDeps,
  { source, ...read }: Pick<WatchPolicy, 'source' | 'format' | 'reading'>,
  context: StageContext,
  hold: Hold,
): Promise<LocalTable | null> {
  const files = await listFiles(source, context.run, deps.sources);
  return files.length === 0 ? null : snapshotOfFiles(deps, read, files, context, hold);
}
