/** A pack as a folder on this machine. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, opendir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { ENVELOPE } from './statement.ts';

/**
 * Whole or not at all: written beside its place and then renamed. The same pack again changes nothing.
 * @throws UserError InvalidInput where the folder holds anything else: nothing is written over
 */
export async function writePackFolder(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  const place = resolve(folder);
  const partial = join(dirname(place), `.${basename(place)}.${randomUUID()}.partial`);
  await mkdir(dirname(place), { recursive: true });
  try {
    await mkdir(partial);
    for (const [name, bytes] of files) await writeFile(join(partial, name), bytes, { flush: true });
    try {
      await rename(partial, place);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
      const there = await readFile(join(place, ENVELOPE)).catch(() => null);
      if (there && files.get(ENVELOPE)?.equals(there)) return;
      throw new UserError(
        'InvalidInput',
        there
          ? `${folder} holds another pack, or another state of this one, and nothing is written over: name another folder with --out, or remove it.`
          : `${folder} is not an empty folder: name another one with --out.`,
      );
    }
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Names in the folder, at most so many. */
export async function namesIn(folder: string, most: number): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(folder)) {
    names.push(name);
    if (names.length >= most) break;
  }
  return names.sort();
}

/** `other`: a link, a folder, a device … */
export async function kindOf(
  path: string,
): Promise<{ kind: 'none' } | { kind: 'other' } | { kind: 'file'; bytes: number }> {
  const found = await lstat(path).catch(() => null);
  if (!found) return { kind: 'none' };
  return found.isFile() ? { kind: 'file', bytes: found.size } : { kind: 'other' };
}

/** Of at most so many bytes, streamed: a file may grow while it is read. */
export async function digestOf(path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { end: bytes })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
