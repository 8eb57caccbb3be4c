/** The files of a folder that is data, as DVC counts them: no empty folders, nothing that `.dvcignore` names. */
import { isUtf8 } from 'node:buffer';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { Ignored } from './ignored.ts';

export interface ScannedFile {
  readonly path: string;
  /** With `/`, of the folder. */
  readonly relpath: string;
}

/**
 * A link to a file is the file; one to a folder is refused: its files would be counted twice, or without end.
 * @throws UserError DataInvalid for links that lead nowhere or to a folder, names that are no UTF-8, and what is neither file nor folder
 */
export async function scanFolder(folder: string, ignored: Ignored, prefix = ''): Promise<ScannedFile[]> {
  const own = await ignored.within(folder);
  const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  const files: ScannedFile[] = [];
  for (const entry of entries) {
    const name = entry.name.toString('utf8');
    if (!isUtf8(entry.name))
      throw new UserError(
        'DataInvalid',
        `${join(folder, name)}: the name is no UTF-8 (${entry.name.toString('hex')}): rename it`,
      );
    const path = join(folder, name);
    const linked = entry.isSymbolicLink() ? await stat(path).catch(() => null) : null;
    if (entry.isSymbolicLink() && !linked)
      throw new UserError('DataInvalid', `${path} is a link that leads nowhere: remove it, or name it in .dvcignore`);
    const isFolder = entry.isDirectory() || (linked?.isDirectory() ?? false);
    if (own.has(path, isFolder)) continue;
    if (linked?.isDirectory())
      throw new UserError(
        'DataInvalid',
        `${path} is a link to a folder: add that folder itself, or name the link in .dvcignore`,
      );
    if (isFolder) files.push(...(await scanFolder(path, own, `${prefix}${name}/`)));
    else if (entry.isFile() || linked?.isFile()) files.push({ path, relpath: `${prefix}${name}` });
    else
      throw new UserError('DataInvalid', `${path} is neither a file nor a folder: remove it, or name it in .dvcignore`);
  }
  return files;
}
