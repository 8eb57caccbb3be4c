/** Where a DVC repository is, and how one begins. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '#contracts/failures.ts';

const isFolder = async (path: string) => (await stat(path).catch(() => null))?.isDirectory() ?? false;

/** @returns the nearest folder above with a `.dvc` in it. @throws UserError InvalidInput where there is none */
export async function findRepository(from: string): Promise<string> {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (await isFolder(join(folder, '.dvc'))) return folder;
    if (folder === dirname(folder))
      throw new UserError(
        'InvalidInput',
        `${from} is in no DVC repository: \`ratchet data init\` makes one of this folder`,
      );
  }
}

const IGNORED = `# Add patterns of files dvc should ignore, which could improve
# the performance. Learn more at
# https://dvc.org/doc/user-guide/dvcignore
`;

/** What `dvc init` writes; Git's part is the user's. @throws UserError InvalidInput where there is one already */
export async function initRepository(root: string): Promise<string[]> {
  const folder = join(root, '.dvc');
  if (await isFolder(folder)) throw new UserError('InvalidInput', `${root} is a DVC repository already`);
  await mkdir(folder);
  await writeFile(join(folder, '.gitignore'), '/config.local\n/tmp\n/cache\n');
  await writeFile(join(root, '.dvcignore'), IGNORED, { flag: 'wx' }).catch(() => undefined);
  // Last: who finds the folder without it was cut off, and DVC reads it as empty.
  await writeFile(join(folder, 'config'), '');
  return ['.dvc/config', '.dvc/.gitignore', '.dvcignore'];
}
