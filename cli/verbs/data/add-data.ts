/** `ratchet data add`: bytes into the cache, a `.dvc` file beside them, and a line of .gitignore. */
import { execFile } from 'node:child_process';
import { lstat, readFile } from 'node:fs/promises';
import { basename, relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { look, placeAgain, type Repository, type TrackedPath } from '#adapters/dvc/data.ts';
import { dvcFileText, type Tracked } from '#adapters/dvc/dvc-file.ts';
import { ignoreInGit, replaceText } from '#adapters/dvc/text-file.ts';
import { trackedPaths } from '#adapters/dvc/tracked.ts';
import { UserError } from '#contracts/failures.ts';
import { grouped } from '#contracts/grouped.ts';
import { createOutput } from '../../kit/output.ts';
import { shown, withRepository } from './open-repository.ts';

export async function addData(paths: readonly string[], options: { json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('hashing', out, async (repository) => {
    const tracked = await trackedPaths(repository.root);
    const wanted = [...new Set(paths.map((path) => resolve(path)))];
    // All are looked at before the first is changed.
    for (const path of wanted) await refuse(repository, path, tracked);
    const added = [];
    const forGit: string[] = [];
    for (const path of wanted) {
      const seen = await look(repository, path, true);
      if (!seen) throw new UserError('DataInvalid', `${shown(path)} is not there any more`);
      const file = `${path}.dvc`;
      await placeAgain(repository, path, seen);
      const changed = [
        ...(await pointTo(file, { ...seen.tracked, path: basename(path) })),
        ...(await ignoreInGit(path)),
      ];
      forGit.push(...changed);
      added.push({ path: relative(repository.root, path), file: relative(repository.root, file), ...seen.tracked });
      const count = seen.tracked.nfiles === undefined ? '' : `${grouped(seen.tracked.nfiles)} files, `;
      out.print(
        `${shown(path)}: ${count}${grouped(seen.tracked.size)} bytes, ${changed.includes(file) ? seen.tracked.md5 : 'as it was'}`,
      );
    }
    out.object({ added });
    if (forGit.length > 0)
      out.print(`To keep this in Git: git add ${[...new Set(forGit)].map((file) => quoted(shown(file))).join(' ')}`);
  });
}

/** Writes in a `.dvc` file what lies at its path. @returns the file when it was changed */
export async function pointTo(file: string, tracked: Tracked): Promise<string[]> {
  const before = await readFile(file, 'utf8').catch(() => null);
  const text = dvcFileText(tracked, before === null ? null : { text: before, name: shown(file) });
  if (text === before) return [];
  await replaceText(file, text);
  return [file];
}

/** @throws UserError for what cannot be tracked */
async function refuse({ root }: Repository, path: string, tracked: readonly TrackedPath[]): Promise<void> {
  const own = relative(root, path);
  const name = shown(path);
  if (own === '' || own.startsWith('..'))
    throw new UserError(
      'InvalidInput',
      `${name} is not below the repository ${root}: copy it there, or link its folder`,
    );
  if (own.split(sep).some((part) => part === '.dvc' || part === '.git'))
    throw new UserError('InvalidInput', `${name} is DVC's or Git's own`);
  if (path.endsWith('.dvc'))
    throw new UserError('InvalidInput', `${name} says what is tracked: name the data, without .dvc`);
  const there = await lstat(path).catch(() => null);
  if (!there) throw new UserError('InvalidInput', `${name} is not there`);
  if (there.isSymbolicLink() && !tracked.some((each) => each.path === path))
    throw new UserError('InvalidInput', `${name} is a link: add what it points to`);
  for (const other of tracked) {
    if (other.path === path && other.file === `${path}.dvc`) continue;
    if (other.path === path) throw new UserError('InvalidInput', `${name} is tracked by ${shown(other.file)} already`);
    if (path.startsWith(`${other.path}${sep}`))
      throw new UserError('InvalidInput', `${name} is part of ${shown(other.path)}, which is tracked: add that again`);
    if (other.path.startsWith(`${path}${sep}`))
      throw new UserError(
        'InvalidInput',
        `${name} holds ${shown(other.path)}, which is tracked by itself: remove ${shown(other.file)} first`,
      );
  }
  const inGit = await promisify(execFile)('git', ['ls-files', '--', path], { cwd: root }).catch(() => ({ stdout: '' }));
  if (inGit.stdout !== '')
    throw new UserError(
      'InvalidInput',
      `${name} is in Git: take it out first, git rm -r --cached ${quoted(name)}, and add it then`,
    );
}

const quoted = (name: string): string => (/^[\w./@%+=:,-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`);
