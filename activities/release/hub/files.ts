/** A model's files by what a Hub knows them by: Git's SHA-1 of those in git itself, the SHA-256 of those in LFS. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { HubFile } from '#ports/model-hub.ts';

export interface LocalFile {
  /** With `/`, relative to the model's folder. */
  path: string;
  bytes: number;
  gitBlob: string;
  sha256: string;
  content: { file: string } | { bytes: Uint8Array };
}

/** In the order of their paths. @throws UserError InvalidInput for a name that publishing has a use of its own for */
export async function filesOf(folder: string, taken: readonly string[], signal: AbortSignal): Promise<LocalFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const places = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const files: LocalFile[] = [];
  for (const place of places.sort()) {
    const path = relative(folder, place).split(sep).join('/');
    if (taken.includes(path) || path.split('/').includes('.git'))
      throw new UserError(
        'InvalidInput',
        `The model has a file ${path}, which cannot be published: a repo has its own. Log the model without it.`,
      );
    const { size: bytes } = await stat(place);
    const [blob, sha256] = [createHash('sha1').update(`blob ${bytes}\0`), createHash('sha256')];
    for await (const piece of createReadStream(place, { signal })) {
      blob.update(piece as Buffer);
      sha256.update(piece as Buffer);
    }
    files.push({ path, bytes, gitBlob: blob.digest('hex'), sha256: sha256.digest('hex'), content: { file: place } });
  }
  return files;
}

export function fileOf(path: string, text: string): LocalFile {
  const bytes = Buffer.from(text);
  const gitBlob = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  return {
    path,
    bytes: bytes.length,
    gitBlob,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    content: { bytes },
  };
}

/** Those that the Hub does not have in this commit, byte for byte. */
export function lacking(wanted: readonly LocalFile[], there: readonly HubFile[]): LocalFile[] {
  const known = new Map(there.map((file) => [file.path, file]));
  return wanted.filter(({ path, gitBlob, sha256 }) => {
    const file = known.get(path);
    return !file || (file.sha256 === null ? file.oid !== gitBlob : file.sha256 !== sha256);
  });
}
