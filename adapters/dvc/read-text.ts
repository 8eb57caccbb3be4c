/** How the small files of a repository are read: of the workspace here, of revisions in source.ts. */
import { readFile } from 'node:fs/promises';
import { UserError } from '#contracts/failures.ts';

/** @param path absolute. @returns null: there is no such file */
export type ReadText = (path: string) => Promise<string | null>;

export const readWorkspace: ReadText = (path) =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    if (error.code === 'EISDIR') throw new UserError('DataInvalid', `${path} is a folder, and a file is wanted`);
    throw new UserError('DataInvalid', `${path} cannot be read: ${error.message}`);
  });
