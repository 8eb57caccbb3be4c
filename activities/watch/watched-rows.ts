/** Rows of a watched source between two times, as the model would be given them. */
import { join } from 'node:path';
import type { DatasetRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { featurize } from '#contracts/stages/featurize.ts';
import type { WatchPolicy } from '#contracts/watch.ts';
import { snapshotOf } from '../data/snapshot.ts';
import { sourceFiles } from '../data/source-files.ts';
import { sourceDependencies } from '../data/validate-data.ts';
import { expressionsOf, planFeaturize } from '../features/plan-featurize.ts';
import type { StageContext } from '../stage.ts';
import type { WatchDeps } from './watch-deps.ts';
import type { WatchMemory } from './watch-mark.ts';
import { listFiles, type WatchedFile } from './watched-files.ts';

/** One Parquet file of the files' rows, in their order; made once for the same bytes. */
export async function snapshotOfFiles(
  deps: WatchDeps,
  { format, reading = {} }: Pick<WatchPolicy, 'format' | 'reading'>,
  files: readonly WatchedFile[],
  { run, workdir, signal }: StageContext,
): Promise<{ ref: DatasetRef; path: string }> {
  const dependencies = sourceDependencies(deps.sources);
  const parts = await Promise.all(
    files.map(({ source }) => sourceFiles({ source, format }, run, dependencies, signal)),
  );
  const [first] = parts;
  if (!first) throw new UserError('DataInvalid', 'there is no file to read');
  const source = {
    files: parts.flatMap((part) => part.files),
    labels: files.map(({ label }) => label),
    md5s: parts.flatMap((part) => part.md5s),
    format: first.format,
    watched: parts.flatMap((part) => part.watched),
  };
  const { ref } = await snapshotOf(source, reading, { ...deps.sources, cache: dependencies.cache }, workdir, signal);
  return { ref, path: await deps.files.localFile(ref, signal) };
}

/** Time of the last row, ISO; null without any. @throws UserError DataInvalid when the column holds no times */
export async function lastTime(
  deps: Pick<WatchDeps, 'tables'>,
  path: string,
  column: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { columns } = await deps.tables.columns(path, { [column]: 'number' }, signal);
  const times = columns[column];
  const last = times?.reduce((a, b) => (Number.isNaN(b) || b < a ? a : b), Number.NEGATIVE_INFINITY);
  return last === undefined || last === Number.NEGATIVE_INFINITY ? null : new Date(last).toISOString();
}

export interface WatchedRows {
  /** In the store. */
  ref: DatasetRef;
  path: string;
}

/** Rows from `from` until, not including, `to` (ISO), as features with the target; null when there are none. */
export async function rowsBetween(
  deps: WatchDeps,
  watch: WatchPolicy,
  memory: WatchMemory,
  [from, to]: readonly [string, string],
  context: StageContext,
): Promise<WatchedRows | null> {
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
  const { ref: data, path } = await snapshotOfFiles(deps, watch, files, context);
  const views = await Promise.all(sources.map((view) => joinedTable(deps, view, context)));
  const input = featurize.input.parse({
    data,
    time: timeColumn,
    ...expressions,
    views: views.map(({ view }) => view),
    target,
    split: { by: 'share', holdout: 0.5 },
  });
  const facts = await deps.tables.parse(expressionsOf(input), timeColumn, context.signal);
  const holdout = join(context.workdir, `rows-${from.slice(0, 10)}.parquet`);
  const train = join(context.workdir, `none-${from.slice(0, 10)}.parquet`);
  const tables = views.map(({ view, path: file }) => ({ file, columns: view.data.columns }));
  const plan = planFeaturize(input, { file: path, columns: data.columns }, tables, facts, { train, holdout });
  const window = { from: Date.parse(from), to: Date.parse(to) };
  // Nothing is held out: both parts are the window, and an empty part would leave neither.
  const made = await deps.tables.featurize(
    { ...plan, split: { by: 'time', train: window, holdout: window } },
    context.signal,
  );
  if (made.holdout.rows === 0) return null;
  const { rows, bytes, md5, columns } = made.holdout;
  const kept = await deps.files.keep(holdout, md5, context.signal);
  return {
    path: kept.path,
    ref: {
      kind: 'dataset',
      uri: kept.uri,
      digest: `md5:${md5}`,
      format: 'parquet',
      rows,
      bytes,
      columns: [...columns],
    },
  };
}

/**
 * All of a view's rows: what was known at a row's time is found by the join, as in training.
 * @throws UserError DataInvalid when there is no file of it
 */
async function joinedTable(
  deps: WatchDeps,
  { source, format, reading, ...view }: NonNullable<WatchPolicy['features']['views']>[number],
  context: StageContext,
) {
  const files = await listFiles(source, context.run, deps.sources);
  if (files.length === 0)
    throw new UserError('DataInvalid', `the view ${view.name} is joined from ${source}, where nothing is`);
  const { ref: data, path } = await snapshotOfFiles(deps, { format, reading }, files, context);
  return { view: { ...view, data }, path };
}
