/** What of a cache nobody needs: objects that no wanted state of the repository tracks. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { contentsOf } from './contents.ts';
import type { Repository } from './data.ts';
import { objectsFolder } from './objects.ts';
import type { Source } from './source.ts';
import { trackedPaths } from './tracked.ts';

export interface Garbage {
  /** Of the cache, absolute. */
  readonly objects: readonly { readonly path: string; readonly bytes: number }[];
  /** Objects that stay, of those that are there. */
  readonly kept: number;
  /** Not needed by any, but younger than the grace: somebody may be adding them now. */
  readonly young: number;
}

const OBJECT = /^[0-9a-f]{30}(\.dir)?$/;

/**
 * @param sources states whose objects stay
 * @param graceMs objects that came into the cache later than that stay as well
 * @param skipUnknown also where a state has a folder whose files are not known here, so that they may go
 * @throws UserError DataInvalid for such a folder without it; as {@link trackedPaths} for a state that cannot be read
 */
export async function findGarbage(
  repository: Repository,
  sources: readonly Source[],
  graceMs: number,
  skipUnknown: boolean,
): Promise<Garbage> {
  const wanted = new Set<string>();
  for (const source of sources) {
    repository.signal.throwIfAborted();
    const { contents, unknown } = await contentsOf(repository, await trackedPaths(repository.root, source));
    const [folder] = unknown;
    if (folder !== undefined && !skipUnknown)
      throw new UserError(
        'DataInvalid',
        `what ${folder} holds ${source.commit === null ? 'in the workspace' : `at ${source.commit.slice(0, 10)}`} is not known here, since its manifest is not in the cache: fetch it first, or let its files go with --skip-unknown. Nothing was removed`,
      );
    for (const { md5 } of contents) wanted.add(md5);
  }
  const base = objectsFolder(repository.config.cache);
  const objects = [];
  let [kept, young] = [0, 0];
  const now = Date.now();
  for (const prefix of await readdir(base).catch(() => [])) {
    if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
    for (const name of await readdir(join(base, prefix))) {
      if (!OBJECT.test(name)) continue;
      const path = join(base, prefix, name);
      if (wanted.has(prefix + name)) kept += 1;
      else {
        const there = await stat(path).catch(() => null);
        if (there && now - there.ctimeMs < graceMs) young += 1;
        else if (there) objects.push({ path, bytes: there.size });
      }
    }
  }
  return { objects, kept, young };
}

/** Manifests go first: one that is there is whole. @returns how many went */
export async function removeGarbage({ signal, progress }: Repository, { objects }: Garbage): Promise<number> {
  const order = [...objects].sort((a, b) => Number(b.path.endsWith('.dir')) - Number(a.path.endsWith('.dir')));
  for (const [at, { path }] of order.entries()) {
    signal.throwIfAborted();
    await rm(path, { force: true });
    progress(at + 1, order.length);
  }
  return order.length;
}
