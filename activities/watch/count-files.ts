/** What the watched files that a look has not counted hold: many of them are read at once. */
import { UserError } from '#contracts/failures.ts';
import type { WatchPolicy } from '#contracts/watch.ts';
import { filesBehind } from '../data/source/files.ts';
import { formatOf } from '../data/source/source.ts';
import { sourceDependencies } from '../data/validate-data.ts';
import type { StageContext } from '../stage.ts';
import type { WatchDeps } from './deps.ts';
import { type CountedFile, growingBecause, locatedAs, type WatchedFile } from './watched-files.ts';

/** Files that are read at once, and the bytes that they may have together: after each such group a cancel is heard. */
const TOGETHER = 500;
const TOGETHER_BYTES = 64 * 1024 * 1024;

/** A file with where it lies on this machine. */
interface LocalFile {
  readonly file: WatchedFile;
  readonly path: string;
}

interface Counts {
  readonly counted: Map<string, CountedFile>;
  /** Why a file may be one that is still being written, by label. */
  readonly growing: Map<string, string>;
}

/**
 * Files that cannot be read because they are being written are left for the next look, and named in `growing`.
 * @throws UserError of the first file that cannot be read, and that nobody writes to
 */
export async function countFiles(
  deps: WatchDeps,
  watch: WatchPolicy,
  files: readonly WatchedFile[],
  { signal }: StageContext,
): Promise<Counts> {
  const counts: Counts = { counted: new Map(), growing: new Map() };
  const paths = await pathsOf(deps, watch, files, signal);
  const local = files.map((file, index): LocalFile => ({ file, path: paths[index] as string }));
  for (const group of groupsOf(local)) await countTogether(deps, watch, group, counts, signal);
  return counts;
}

/** A local file is read where it is, and not for its digest: whether it changed meanwhile is seen afterwards. */
async function pathsOf(
  deps: WatchDeps,
  { format }: WatchPolicy,
  files: readonly WatchedFile[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const located = locatedAs(files);
  if (located.kind === 'local') return located.files.map(({ path }) => path);
  return (await filesBehind(located, format, sourceDependencies(deps.sources), signal)).files;
}

function groupsOf(files: readonly LocalFile[]): LocalFile[][] {
  const groups: LocalFile[][] = [];
  let bytes = 0;
  for (const each of files) {
    const last = groups.at(-1);
    const { size } = each.file;
    if (last && last.length < TOGETHER && bytes + size <= TOGETHER_BYTES) last.push(each);
    else {
      groups.push([each]);
      bytes = 0;
    }
    bytes += size;
  }
  return groups;
}

async function countTogether(
  deps: WatchDeps,
  watch: WatchPolicy,
  group: readonly LocalFile[],
  counts: Counts,
  signal: AbortSignal,
): Promise<void> {
  const now = Date.now();
  const labels = group.map(({ file }) => file.label);
  const [first] = group;
  try {
    const files = group.map(({ path }) => path);
    const request = { ...watch.reading, files, labels, format: formatOf(labels, watch.format) };
    const found = await deps.tables.count({ ...request, time: watch.timeColumn ?? null }, signal);
    for (const [index, { rows, last, digest }] of found.entries()) {
      const { file } = group[index] as LocalFile;
      // Alone it is an error, as it would be in a run.
      if (rows === 0 && group.length > 1) await countTogether(deps, watch, [group[index] as LocalFile], counts, signal);
      else await take(file, { rows, last: last === null ? null : new Date(last).toISOString(), digest });
    }
  } catch (error) {
    if (!(error instanceof UserError) || signal.aborted || !first) throw error;
    if (group.length > 1) {
      // One of them cannot be read, or they are not one table: the others count all the same.
      const half = Math.ceil(group.length / 2);
      await countTogether(deps, watch, group.slice(0, half), counts, signal);
      await countTogether(deps, watch, group.slice(half), counts, signal);
      return;
    }
    const why = error.type === 'DataInvalid' ? await growingBecause(first.file, now) : null;
    if (!why) throw error;
    counts.growing.set(first.file.label, `${why}, and is not counted yet (${error.message.slice(0, 500)})`);
  }

  async function take(file: WatchedFile, held: Omit<CountedFile, 'file'>): Promise<void> {
    const why = await growingBecause(file, now);
    if (why?.endsWith('while it was read')) counts.growing.set(file.label, `${why}, and is not counted yet`);
    else {
      counts.counted.set(file.label, { file, ...held });
      if (why) counts.growing.set(file.label, why);
    }
  }
}
