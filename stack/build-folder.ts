import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf } from '#adapters/process/process-identity.ts';

const prefix = '.building-';
/** A build of a dead process is left alone this long: in a shared folder its process may live in another container. */
const quietMilliseconds = 10 * 60_000;

/**
 * Builds `target` under a name of its own beside it and moves it into place in one step, so that a half-built one is
 * never seen: a kill leaves only a `.building-…` folder, which a later build removes. Of two at once the first in place
 * wins and the other's work is thrown away. `isComplete` says whether the folder that is already there may be used.
 */
export async function buildInPlace(
  target: string,
  isComplete: (folder: string) => Promise<boolean>,
  build: (folder: string) => Promise<void>,
): Promise<void> {
  if (await isComplete(target)) return;
  const parent = join(target, '..');
  await mkdir(parent, { recursive: true });
  await removeLeftovers(parent);
  const own = await identityOf(process.pid);
  const folder = join(
    parent,
    `${prefix}${process.pid}-${own?.startedAt.replaceAll(/\W/g, '') ?? 0}-${randomBytes(4).toString('hex')}`,
  );
  try {
    await build(folder);
    await moveInto(folder, target, isComplete);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function moveInto(
  folder: string,
  target: string,
  isComplete: (folder: string) => Promise<boolean>,
): Promise<void> {
  try {
    await rename(folder, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    if (await isComplete(target)) return;
    // What is there is broken (its Python was removed, a file was deleted): out of the way under a name that is swept.
    const aside = join(target, '..', `${prefix}0-0-${randomBytes(4).toString('hex')}`);
    await rename(target, aside);
    await rename(folder, target);
    await rm(aside, { recursive: true, force: true });
  }
}

async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = new RegExp(`^\\${prefix}(\\d+)-(\\w+)-`).exec(name);
    if (!owner) continue;
    const living = await identityOf(Number(owner[1]));
    if (living && living.startedAt.replaceAll(/\W/g, '') === owner[2]) continue;
    const path = join(parent, name);
    const changed = await stat(path).then(
      (found) => found.mtimeMs,
      () => Date.now(),
    );
    if (Date.now() - changed > quietMilliseconds) await rm(path, { recursive: true, force: true });
  }
}
