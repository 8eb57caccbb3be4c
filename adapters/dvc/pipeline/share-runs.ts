/** The run cache, between this machine and a remote: `runs/` of it, as DVC has it there. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import type { Repository, TrackedPath } from '../data.ts';
import { isThere } from '../objects.ts';
import type { Remote } from '../transfer.ts';
import { lockedPath, readEntry } from './lock-file.ts';
import { runKey } from './run-cache.ts';
import { isValueList, isValueMap } from './value.ts';

const RUN = /^runs\/[0-9a-f]{2}\/[0-9a-f]{64}\/[0-9a-f]{64}$/;
const AT_ONCE = 16;

/** @returns how many went */
export async function pushRuns({ config: { cache }, signal }: Repository, remote: Remote): Promise<number> {
  const there = new Set<string>();
  for await (const key of remote.list('runs/', signal)) there.add(key);
  const missing = (await runsHere(cache)).filter((key) => !there.has(key));
  await each(AT_ONCE, missing, (key) => remote.put(join(cache, key), key, signal));
  return missing.length;
}

/** @returns keys of those that came. @throws UserError ArtifactDamaged for one that is not what its name says */
export async function pullRuns({ config: { cache }, signal }: Repository, remote: Remote): Promise<string[]> {
  const missing: string[] = [];
  for await (const key of remote.list('runs/', signal))
    if (RUN.test(key) && !(await isThere(join(cache, key)))) missing.push(key);
  await each(AT_ONCE, missing, async (key) => {
    const path = join(cache, key);
    await mkdir(dirname(path), { recursive: true });
    const partial = join(dirname(path), `.${randomBytes(8).toString('hex')}.partial`);
    try {
      await remote.get(key, partial, signal);
      const entry = readEntry(await readFile(partial, 'utf8'));
      if (!entry || runKey(entry) !== key)
        throw new UserError(
          'ArtifactDamaged',
          `${key} in ${remote.at} is not the run that its name says: remove it there`,
        );
      await rename(partial, path);
    } finally {
      await rm(partial, { force: true });
    }
  });
  return missing;
}

/** What runs made, to go where they go. @param keys default all that are here */
export async function madeByRuns(
  { root, config: { cache } }: Repository,
  keys?: readonly string[],
): Promise<TrackedPath[]> {
  const all: TrackedPath[] = [];
  for (const key of keys ?? (await runsHere(cache))) {
    const entry = readEntry(await readFile(join(cache, key), 'utf8').catch(() => ''));
    const outs = entry?.get('outs');
    for (const out of isValueList(outs) ? outs : []) {
      const path = isValueMap(out) ? out.get('path') : undefined;
      const locked = typeof path === 'string' ? lockedPath(entry ?? undefined, 'outs', path) : undefined;
      if (locked && typeof path === 'string')
        all.push({ path: join(root, path), file: join(cache, key), out: { ...locked, path, hash: 'md5' } });
    }
  }
  return all;
}

async function runsHere(cache: string): Promise<string[]> {
  const entries = await readdir(join(cache, 'runs'), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(cache, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((key) => RUN.test(key));
}
