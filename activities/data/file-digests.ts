/** MD5 of local files that are asked for again and again, however many: a file whose stat is unchanged is not read again. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import type { Tables } from '#ports/tables.ts';
import { createManyIndex } from './many-index.ts';

const Entry = z.strictObject({ stat: z.string(), md5: z.string() });

/**
 * A file may change once more within the same tick of a file system's clock, unseen. So an entry is only made when the
 * file was last touched this long before it was hashed (FAT counts in steps of two seconds).
 */
const SETTLED_MS = 2_500;
const STATS_AT_ONCE = 32;
/** Files that the data host hashes for one asking: in between it answers others. */
const HASHED_TOGETHER = 2_000;

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
  const index = createManyIndex(join(cacheFolder, 'sources', 'digests'), Entry);
  const before = await each(STATS_AT_ONCE, paths, statOf);
  const entries = await index.read(paths);
  const known = paths.map((path, i) => {
    const now = before[i] as FileStat;
    const entry = entries.get(path);
    return { path, ...now, md5: entry?.stat === now.stat ? entry.md5 : null };
  });
  const unknown = known.filter(({ md5 }) => md5 === null);
  const started = Date.now();
  const fresh = new Map<string, string>();
  for (let from = 0; from < unknown.length; from += HASHED_TOGETHER) {
    const some = unknown.slice(from, from + HASHED_TOGETHER).map(({ path }) => path);
    const hashed = await tables.md5(some, signal);
    for (const [i, path] of some.entries()) fresh.set(path, hashed[i] as string);
  }
  const settled = new Map<string, z.output<typeof Entry>>();
  const after = await each(
    STATS_AT_ONCE,
    unknown.map(({ path }) => path),
    statOf,
  );
  for (const [i, { path, stat, touchedMs }] of unknown.entries()) {
    if (after[i]?.stat !== stat) throw changed(path);
    if (started - touchedMs > SETTLED_MS) settled.set(path, { stat, md5: fresh.get(path) as string });
  }
  if (settled.size > 0) await index.write(settled);
  return known.map(({ path, stat: at, md5 }) => ({ path, stat: at, md5: md5 ?? (fresh.get(path) as string) }));
}

const changed = (path: string) =>
  new UserError(
    'DataInvalid',
    `${path} changed while it was read: wait until it is written, or write it beside and rename it`,
  );

/** @throws UserError DataInvalid when a file is not as it was */
export async function assertUnchanged(digests: readonly FileDigest[]): Promise<void> {
  await each(STATS_AT_ONCE, digests, async ({ path, stat: before }) => {
    if ((await statOf(path)).stat !== before) throw changed(path);
  });
}

interface FileStat {
  readonly stat: string;
  readonly touchedMs: number;
}

async function statOf(path: string): Promise<FileStat> {
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
