/** What data differs between two states of a repository, file by file, as `dvc diff` says it. */
import { relative, sep } from 'node:path';
import { contentsOf } from './contents.ts';
import { look, type Repository } from './data.ts';
import { isThere, objectPath } from './objects.ts';
import type { Source } from './source.ts';
import { trackedPaths } from './tracked.ts';

interface DataState {
  /** Digests by path of the root; a folder ends in `/`. */
  readonly entries: ReadonlyMap<string, string>;
  /** Folders whose files nobody knows here. */
  readonly unknown: readonly string[];
}
export interface Changed {
  readonly path: string;
  readonly old: string | null;
  readonly new: string | null;
}
export interface DataDiff {
  readonly added: readonly Changed[];
  readonly deleted: readonly Changed[];
  readonly modified: readonly Changed[];
  readonly renamed: readonly { readonly old: string; readonly new: string; readonly md5: string }[];
  /** Of the first state; null where two revisions are compared. */
  readonly notInCache: readonly { readonly path: string; readonly md5: string }[] | null;
  /** Folders whose files are left out: their manifest is not in the cache. */
  readonly unknown: readonly string[];
}

/** @param to null: the workspace, as it lies there. @throws UserError for a file of either state that cannot be read */
export async function diffData(repository: Repository, from: Source, to: Source | null): Promise<DataDiff> {
  const old = await tracked(repository, from);
  const now = to ? await tracked(repository, to) : await lying(repository);
  const isKnown = (path: string) =>
    ![...old.unknown, ...now.unknown].some((folder) => path.startsWith(folder) && path !== folder);
  const changes = [...new Set([...old.entries.keys(), ...now.entries.keys()])].filter(isKnown).map((path) => ({
    path,
    old: old.entries.get(path) ?? null,
    new: now.entries.get(path) ?? null,
  }));
  changes.sort((a, b) => (a.path < b.path ? -1 : 1));
  const gone = changes.filter((each) => each.new === null);
  const came = changes.filter((each) => each.old === null);
  const renamed = renames(gone, came);
  const [from_, to_] = [new Set(renamed.map((each) => each.old)), new Set(renamed.map((each) => each.new))];
  const { cache } = repository.config;
  const missing = [];
  for (const [path, md5] of to === null ? old.entries : [])
    if (!(await isThere(objectPath(cache, md5)))) missing.push({ path, md5 });
  return {
    added: came.filter(({ path }) => !to_.has(path)),
    deleted: gone.filter(({ path }) => !from_.has(path)),
    modified: changes.filter((each) => each.old !== null && each.new !== null && each.old !== each.new),
    renamed,
    notInCache: to === null ? missing : null,
    unknown: [...new Set([...old.unknown, ...now.unknown])].sort(),
  };
}

/** What went and what came with the same bytes, in the order of their names. */
function renames(gone: readonly Changed[], came: readonly Changed[]): { old: string; new: string; md5: string }[] {
  const byDigest = new Map<string, string[]>();
  for (const { path, old } of gone) if (old !== null) byDigest.set(old, [...(byDigest.get(old) ?? []), path]);
  return came.flatMap(({ path, new: md5 }) => {
    const old = md5 === null ? undefined : byDigest.get(md5)?.shift();
    return old === undefined || md5 === null ? [] : [{ old, new: path, md5 }];
  });
}

const inRoot = (root: string, path: string): string => relative(root, path).split(sep).join('/');

async function tracked(repository: Repository, source: Source): Promise<DataState> {
  const { contents, unknown } = await contentsOf(repository, await trackedPaths(repository.root, source));
  return { entries: new Map(contents.map(({ path, md5 }) => [path, md5])), unknown };
}

/** What is tracked now, as it lies there. */
async function lying(repository: Repository): Promise<DataState> {
  const entries = new Map<string, string>();
  for (const { path, out } of await trackedPaths(repository.root)) {
    if (out.cache === false) continue;
    const seen = await look(repository, path, false);
    if (!seen) continue;
    const name = inRoot(repository.root, path);
    entries.set(seen.entries ? `${name}/` : name, seen.tracked.md5);
    for (const { relpath, md5 } of seen.entries ?? []) entries.set(`${name}/${relpath}`, md5);
  }
  return { entries, unknown: [] };
}
