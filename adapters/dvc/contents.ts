/** What a state of a repository tracks, file by file, without any of its bytes. */
import { relative, sep } from 'node:path';
import type { Repository, TrackedPath } from './data.ts';
import { manifestIn } from './objects.ts';
import { trackedPaths } from './tracked.ts';

interface Content {
  /** Of the root; a folder ends in `/`. */
  readonly path: string;
  readonly md5: string;
  /** Bytes; null of files in a folder, whose manifest does not say it. */
  readonly size: number | null;
}
interface Contents {
  readonly contents: readonly Content[];
  /** Folders whose files nobody knows here: their manifest is not in the cache. */
  readonly unknown: readonly string[];
}

/** @param tracked default all that the workspace tracks. @throws UserError DataInvalid for a damaged manifest */
export async function contentsOf(
  { root, config }: Pick<Repository, 'root' | 'config'>,
  tracked?: readonly TrackedPath[],
): Promise<Contents> {
  const contents: Content[] = [];
  const unknown: string[] = [];
  for (const { path, out } of tracked ?? (await trackedPaths(root))) {
    if (out.md5 === undefined || out.cache === false) continue;
    const name = relative(root, path).split(sep).join('/');
    const size = out.size ?? null;
    if (!out.md5.endsWith('.dir')) {
      contents.push({ path: name, md5: out.md5, size });
      continue;
    }
    contents.push({ path: `${name}/`, md5: out.md5, size });
    const files = await manifestIn(config.cache, out.md5);
    if (!files) unknown.push(`${name}/`);
    for (const { relpath, md5 } of files ?? []) contents.push({ path: `${name}/${relpath}`, md5, size: null });
  }
  return { contents, unknown };
}
