/** From the cache into the workspace: the work of `ratchet data checkout`. */
import { realpath, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import { look, type Repository, type TrackedPath } from './data.ts';
import { isThere, manifestIn, objectPath, place, scratchOf } from './objects.ts';

const AT_ONCE = 16;

/**
 * Makes what lies at a path what is tracked of it. What is there and in no cache is lost by it, and refused unless `force`.
 * @returns how many files were put, and removed
 * @throws UserError DataInvalid for what is not in the cache; InvalidInput for changes that would be lost
 */
export async function checkOut(
  repository: Repository,
  { path, out }: TrackedPath,
  force: boolean,
): Promise<{ placed: number; removed: number }> {
  const { config, root } = repository;
  if (out.md5 === undefined || out.cache === false) return { placed: 0, removed: 0 };
  const wanted = await objectsOf(config.cache, out.md5);
  const missing = [...wanted.values()].find((each) => each.absent);
  if (wanted.size === 0 && out.md5.endsWith('.dir') && !(await isThere(objectPath(config.cache, out.md5))))
    throw notCached(relative(root, path));
  if (missing) throw notCached(join(relative(root, path), missing.relpath));
  const seen = await look(repository, path, false);
  if (seen?.tracked.md5 === out.md5) return { placed: 0, removed: 0 };
  const there = new Map<string, string>(
    seen === null
      ? []
      : seen.entries
        ? seen.entries.map(({ relpath, md5 }) => [relpath, md5])
        : [['', seen.tracked.md5]],
  );
  const isFolder = out.md5.endsWith('.dir');
  if (seen && (seen.entries !== null) !== isFolder && !force)
    throw new UserError(
      'InvalidInput',
      `${relative(root, path)} is ${isFolder ? 'a file, and a folder' : 'a folder, and a file'} is tracked: move it away, or use --force`,
    );
  const gone = [...there].filter(([relpath, md5]) => wanted.get(relpath)?.md5 !== md5);
  for (const [relpath, md5] of gone)
    if (!force && !(await isThere(objectPath(config.cache, md5))))
      throw new UserError(
        'InvalidInput',
        `${join(relative(root, path), relpath)} has changed and is in no cache: \`ratchet data add ${relative(root, path)}\` keeps it, --force loses it`,
      );
  const placed = [...wanted].filter(([relpath, { md5 }]) => there.get(relpath) !== md5);
  const removed = gone.filter(([relpath]) => !wanted.has(relpath));
  // Before anything is changed.
  const touched = [...placed, ...removed].map(([relpath]) => dirname(join(path, relpath)));
  for (const folder of new Set(touched)) await refuseOutside(root, folder);
  if (seen && (seen.entries !== null) !== isFolder) await rm(path, { recursive: true, force: true });
  const links = [...config.links];
  let done = 0;
  await each(AT_ONCE, placed, async ([relpath, { md5 }]) => {
    repository.signal.throwIfAborted();
    await place(objectPath(config.cache, md5), join(path, relpath), links, out.isexec ?? false, scratchOf(root));
    done += 1;
    repository.progress(done, placed.length);
  });
  for (const [relpath] of removed) await rm(join(path, relpath), { force: true });
  return { placed: placed.length, removed: removed.length };
}

/** @throws UserError DataInvalid for a folder that a link leads out of the repository */
export async function refuseOutside(root: string, folder: string): Promise<void> {
  let there = folder;
  while (!(await isThere(there)) && there !== root) there = dirname(there);
  const real = await realpath(there);
  const own = await realpath(root);
  if (real !== own && !real.startsWith(`${own}${sep}`))
    throw new UserError(
      'DataInvalid',
      `${relative(root, folder)} is behind a link that leads to ${real}, outside of the repository: remove the link`,
    );
}

const notCached = (path: string) =>
  new UserError('DataInvalid', `${path} is not in the cache: \`ratchet data pull\` brings it`);

/** Path in the folder ('' of a file) → its object. A folder whose manifest is not there has none. */
async function objectsOf(
  cache: string,
  md5: string,
): Promise<Map<string, { md5: string; relpath: string; absent: boolean }>> {
  const entries = md5.endsWith('.dir') ? ((await manifestIn(cache, md5)) ?? []) : [{ md5, relpath: '' }];
  const all = await Promise.all(
    entries.map(
      async (entry) => [entry.relpath, { ...entry, absent: !(await isThere(objectPath(cache, entry.md5))) }] as const,
    ),
  );
  return new Map(all);
}
