/** What the cache counts instead of a path or URL: the identity of the bytes behind it. */
import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { glob } from 'tinyglobby';
import type { InputIdentity } from '#activities/dispatch/cached-step.ts';
import type { Json } from '#contracts/json.ts';

/**
 * validateData reads a path or glob of this machine: its files count by name, size and times, so that an untouched
 * source is not read again and a touched one is. What lies elsewhere is read each time: its snapshot is what counts then.
 */
export function sourceIdentity(root: string): InputIdentity {
  return async ({ step, input, run }) => {
    if (step !== 'validateData' || input === null || typeof input !== 'object' || Array.isArray(input))
      return { input };
    const { source } = input as { source?: Json };
    if (typeof source !== 'string') return { input };
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source))
      return { uncached: `${source} may have changed: it is read each time` };
    const folder = join(root, 'pipelines', run.pipeline);
    const paths =
      isAbsolute(source) && !/[*?{[]/.test(source)
        ? [source]
        : await glob([source], { cwd: folder, absolute: true, onlyFiles: true });
    const files = await Promise.all(paths.sort().map(identity));
    if (files.length === 0 || files.includes(null)) return { uncached: `${source} is not there` };
    return { input: { ...input, source: { files: files as string[] } } };
  };
}

async function identity(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  return found ? `${path} ${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : null;
}
