/** MD5 of local files that are asked for again and again: a file whose stat is unchanged is not read again. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import type { Tables } from '../ports/tables.ts';
import { createSmallIndex } from './small-index.ts';

const Entry = z.strictObject({ path: z.string(), stat: z.string(), md5: z.string() });

/**
 * A file may change once more within the same tick of a file system's clock, unseen. So an entry is only made when the
 * file was last touched this long before it was hashed (FAT counts in steps of two seconds).
 */
const SETTLED_MS = 2_500;

export interface FileDigest {
  readonly path: string;
  readonly md5: string;
  /** Size, times in nanoseconds and inode: equal as long as the file was not touched. */
  readonly stat: string;
}

/** @throws UserError DataInvalid for a file that is not there or that changes while it is hashed */
export async function digestsOf(
  paths: readonly string[],
  { tables, cacheFolder }: { tables: Pick<Tables, 'md5'>; cacheFolder: string },
  signal?: AbortSignal,
): Promise<FileDigest[]> {
  const index = createSmallIndex(join(cacheFolder, 'sources', 'files'), Entry);
  const known = await Promise.all(
    paths.map(async (path) => {
      const now = await statOf(path);
      const entry = await index.read(path);
      return { path, ...now, md5: entry?.path === path && entry.stat === now.stat ? entry.md5 : null };
    }),
  );
  const unknown = known.filter(({ md5 }) => md5 === null);
  const started = Date.now();
  const hashed =
    unknown.length === 0
      ? []
      : await tables.md5(
          unknown.map(({ path }) => path),
          signal,
        );
  const fresh = new Map(unknown.map(({ path }, i) => [path, hashed[i]!]));
  await Promise.all(
    unknown.map(async ({ path, stat: before, touchedMs }) => {
      const after = await statOf(path);
      if (after.stat !== before)
        throw new UserError(
          'DataInvalid',
          `${path} changed while it was read: wait until it is written, or write it beside and rename it`,
        );
      if (started - touchedMs > SETTLED_MS) await index.write(path, { path, stat: before, md5: fresh.get(path)! });
    }),
  );
  return known.map(({ path, stat: at, md5 }) => ({ path, stat: at, md5: md5 ?? fresh.get(path)! }));
}

/** @throws UserError DataInvalid when a file is not as it was */
export async function assertUnchanged(digests: readonly FileDigest[]): Promise<void> {
  for (const { path, stat: before } of digests)
    if ((await statOf(path)).stat !== before)
      throw new UserError(
        'DataInvalid',
        `${path} changed while it was read: wait until it is written, or write it beside and rename it`,
      );
}

async function statOf(path: string): Promise<{ stat: string; touchedMs: number }> {
  try {
    const found = await stat(path, { bigint: true });
    return {
      stat: [found.size, found.mtimeNs, found.ctimeNs, found.ino, found.dev].join(' '),
      touchedMs: Number(found.mtimeNs > found.ctimeNs ? found.mtimeNs : found.ctimeNs) / 1e6,
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new UserError('DataInvalid', `${path} is not there any more`);
    throw error;
  }
}
