/** Where the small files of a repository are read: in the workspace, or of a revision of Git. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '#contracts/failures.ts';
import { type Ignored, ignoredBelow } from './ignored.ts';
import { type ReadText, readWorkspace } from './read-text.ts';

export interface Source {
  /** Null: the workspace. */
  readonly commit: string | null;
  readonly read: ReadText;
  /** `.dvc` and `dvc.yaml` files, absolute. */
  files(): Promise<string[]>;
}

const GIT_BYTES = 256 * 1024 * 1024;

export const workspace = (root: string): Source => ({
  commit: null,
  read: readWorkspace,
  files: async () => filesBelow(root, await ignoredBelow(root, readWorkspace), root),
});

/** @param name as Git understands it: a branch, a tag, a commit. @throws UserError InvalidInput where there is no such */
export async function revision(root: string, name: string): Promise<Source> {
  const git = (...args: string[]) =>
    promisify(execFile)('git', args, { cwd: root, maxBuffer: GIT_BYTES }).then(({ stdout }) => stdout);
  const commit = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`).catch(
    (error: NodeJS.ErrnoException) => {
      throw new UserError(
        'InvalidInput',
        error.code === 'ENOENT'
          ? `git is needed to read the revision ${name}, and is not there`
          : `Git knows no revision ${name} in ${root}: a branch, a tag or a commit is wanted`,
      );
    },
  );
  const sha = commit.trim();
  const own = (path: string) => relative(root, path).split(sep).join('/');
  const listed = await git('ls-tree', '-r', '-z', '--name-only', sha);
  const there = new Set(listed.split('\0'));
  // What is listed and cannot be read is no file that is not there: gc would take its data for nobody's.
  const read: ReadText = async (path) =>
    there.has(own(path))
      ? git('cat-file', 'blob', `${sha}:./${own(path)}`).catch((error: Error) => {
          throw new UserError('OutsideRefused', `Git does not read ${own(path)} at ${name}: ${error.message}`);
        })
      : null;
  return {
    commit: sha,
    read,
    async files() {
      const names = [...there].filter(isDvcFile);
      const ignored = await ignoredBelow(root, read);
      const kept = await Promise.all(names.map((path) => isIgnored(root, path.split('/'), ignored)));
      return names.filter((_, at) => !kept[at]).map((path) => join(root, path));
    },
  };
}

/** All commits that `what` reaches, newest first. @throws UserError InvalidInput where there is no Git */
export async function commitsOf(root: string, what: 'branches' | 'tags' | 'commits'): Promise<string[]> {
  const args = {
    branches: ['for-each-ref', '--format=%(objectname)', 'refs/heads'],
    tags: ['for-each-ref', '--format=%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)', 'refs/tags'],
    commits: ['rev-list', '--all'],
  }[what];
  const { stdout } = await promisify(execFile)('git', args, { cwd: root, maxBuffer: GIT_BYTES }).catch((error) => {
    throw new UserError('InvalidInput', `Git does not tell the ${what} of ${root}: ${(error as Error).message}`);
  });
  return [...new Set(stdout.split('\n').filter((line) => line !== ''))];
}

const isDvcFile = (path: string): boolean => {
  const name = basename(path);
  return (name.endsWith('.dvc') && name !== '.dvc') || name === 'dvc.yaml';
};

async function isIgnored(root: string, parts: readonly string[], from: Ignored): Promise<boolean> {
  let [ignored, path] = [from, root];
  for (const [at, part] of parts.entries()) {
    path = join(path, part);
    const isFolder = at < parts.length - 1;
    if (ignored.has(path, isFolder)) return true;
    if (isFolder) ignored = await ignored.within(path);
  }
  return false;
}

async function filesBelow(folder: string, ignored: Ignored, root: string): Promise<string[]> {
  const own = folder === root ? ignored : await ignored.within(folder);
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries
    .filter((entry) => isDvcFile(entry.name) && entry.isFile())
    .map(({ name }) => join(folder, name));
  // A folder that is tracked holds data alone.
  const data = new Set(files.filter((file) => file.endsWith('.dvc')).map((file) => file.slice(0, -'.dvc'.length)));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !data.has(path) && !own.has(path, true))
      files.push(...(await filesBelow(path, own, root)));
  }
  return files.filter((file) => !own.has(file, false));
}

/** By how deep it lies, the root's first. */
export const byDepth = (a: string, b: string): number =>
  dirname(a).split(sep).length - dirname(b).split(sep).length || (a < b ? -1 : Number(a > b));
