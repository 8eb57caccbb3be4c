/** `ratchet data remove` and `move`: what is tracked no more, or under another name. */
import { lstat, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { look, type Repository, type TrackedPath } from '#adapters/dvc/data.ts';
import { dvcFileText } from '#adapters/dvc/dvc-file.ts';
import { ignoreInGit, replaceText, showToGit } from '#adapters/dvc/text-file.ts';
import { trackedPaths } from '#adapters/dvc/tracked.ts';
import { UserError } from '#contracts/failures.ts';
import { createOutput } from '../../kit/output.ts';
import { chosen, shown, withRepository } from './open-repository.ts';

const isThere = async (path: string) => (await lstat(path).catch(() => null)) !== null;

/** @param options.outs the data as well; what is in no cache is lost by it */
export async function removeData(names: readonly string[], options: { outs?: boolean; json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('removing', out, async (repository) => {
    const tracked = await chosen(repository, names);
    for (const { stage, path } of tracked) refuseStage(stage, path);
    const files = new Set(tracked.map(({ file }) => file));
    const changed: string[] = [];
    for (const { path } of tracked) {
      if (options.outs) await rm(path, { recursive: true, force: true });
      changed.push(...(await showToGit(path)));
    }
    // Last: one who is cut off before still knows what is to be done.
    for (const file of files) await rm(file, { force: true });
    out.object({ removed: tracked.map(({ path }) => shown(path)) });
    for (const { path } of tracked)
      out.print(`${shown(path)} is not tracked any more${options.outs ? ', and gone' : '; it lies where it was'}.`);
    if (changed.length > 0) out.print(`To keep this in Git: git add ${[...new Set(changed)].map(shown).join(' ')}`);
  });
}

export async function moveTracked(from: string, to: string, options: { json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('moving', out, async (repository) => {
    const [tracked, ...others] = await chosen(repository, [from]);
    if (!tracked || others.length > 0)
      throw new UserError('InvalidInput', `${from} is more than one path that is tracked: move them one by one`);
    refuseStage(tracked.stage, tracked.path);
    const { md5, size = 0, nfiles, isexec, path } = tracked.out;
    if (md5 === undefined) throw new UserError('InvalidInput', `${from} was never added: add it first`);
    const wanted = await targetOf(repository, tracked, resolve(to));
    await refuseTarget(repository, tracked, wanted);
    const before = await readFile(tracked.file, 'utf8');
    const file = `${wanted}.dvc`;
    await mkdir(dirname(wanted), { recursive: true });
    if (await isThere(tracked.path)) await rename(tracked.path, wanted);
    const own = { md5, size, nfiles, isexec, path: basename(wanted) };
    await replaceText(file, dvcFileText(own, { text: before, name: shown(tracked.file), path }));
    await rm(tracked.file, { force: true });
    const changed = [file, ...(await showToGit(tracked.path)), ...(await ignoreInGit(wanted))];
    out.object({ from: shown(tracked.path), to: shown(wanted) });
    out.print(`${shown(tracked.path)} is ${shown(wanted)} now.`);
    out.print(
      `To keep this in Git: git rm --cached ${shown(tracked.file)} && git add ${[...new Set(changed)].map(shown).join(' ')}`,
    );
  });
}

function refuseStage(stage: string | undefined, path: string): void {
  if (stage !== undefined)
    throw new UserError('InvalidInput', `${shown(path)} is made by the stage ${stage}: change its outs in dvc.yaml`);
}

/** In a folder that is there, under its own name; unless that folder is what was moved by one who was cut off then. */
async function targetOf(repository: Repository, { path, out }: TrackedPath, to: string): Promise<string> {
  const isFolder = (await lstat(to).catch(() => null))?.isDirectory() ?? false;
  if (!isFolder || to === path) return to;
  const isMoved = !(await isThere(path)) && (await look(repository, to, false))?.tracked.md5 === out.md5;
  return isMoved ? to : join(to, basename(path));
}

/** @throws UserError for a place that is taken, tracked, or outside */
async function refuseTarget(repository: Repository, tracked: TrackedPath, wanted: string): Promise<void> {
  const own = relative(repository.root, wanted);
  if (own === '' || own.split(sep)[0] === '..' || own.split(sep).some((part) => part === '.dvc' || part === '.git'))
    throw new UserError('InvalidInput', `${shown(wanted)} is no place for data in this repository`);
  if (wanted === tracked.path || wanted.startsWith(`${tracked.path}${sep}`))
    throw new UserError('InvalidInput', `${shown(wanted)} is ${shown(tracked.path)} itself, or in it`);
  const other = (await trackedPaths(repository.root)).find(
    ({ path }) => path === wanted || wanted.startsWith(`${path}${sep}`) || path.startsWith(`${wanted}${sep}`),
  );
  if (other) throw new UserError('InvalidInput', `${shown(wanted)} is tracked by ${shown(other.file)} already`);
  if (!(await isThere(wanted))) return;
  // One who was cut off after the data had moved goes on; anything else would be lost.
  const seen = (await isThere(tracked.path)) ? null : await look(repository, wanted, false);
  if (seen === null || seen.tracked.md5 !== tracked.out.md5)
    throw new UserError('InvalidInput', `${shown(wanted)} is there already: move it away, or choose another name`);
}
