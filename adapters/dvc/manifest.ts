/** `.dir` manifests: which files a folder holds. Byte for byte Python's `json.dumps(list, sort_keys=True)`, sorted by code points. */
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { isInside } from './dvc-file.ts';
import { asciiJson } from './python-json.ts';

const Entry = z.looseObject({ md5: z.string().regex(/^[0-9a-f]{32}$/), relpath: z.string().min(1) });
export interface ManifestEntry {
  readonly md5: string;
  /** With `/`, of the folder. */
  readonly relpath: string;
}

export function manifestText(entries: readonly ManifestEntry[]): string {
  const sorted = entries
    .map((entry) => ({ entry, bytes: Buffer.from(entry.relpath, 'utf8') }))
    // UTF-8 sorts as code points do, JavaScript's texts do not.
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  return `[${sorted.map(({ entry }) => `{"md5": ${asciiJson(entry.md5)}, "relpath": ${asciiJson(entry.relpath)}}`).join(', ')}]`;
}

/** @throws UserError DataInvalid for what is no manifest, and for a path that leads out of the folder or is there twice */
export function readManifest(text: string, name: string): ManifestEntry[] {
  const refuse = (why: string): never => {
    throw new UserError('DataInvalid', `the manifest ${name} ${why}`);
  };
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (error) {
    return refuse(`is no JSON (${(error as Error).message}): was it cut off?`);
  }
  const read = z.array(Entry).safeParse(entries);
  if (!read.success) return refuse(`is no list of { md5, relpath }: ${read.error.issues[0]?.path.join('.')}`);
  const seen = new Set<string>();
  for (const { relpath } of read.data) {
    if (!isInside(relpath)) refuse(`names ${JSON.stringify(relpath)}, which leads out of the folder`);
    if (seen.has(relpath)) refuse(`names ${JSON.stringify(relpath)} twice`);
    seen.add(relpath);
  }
  return read.data.map(({ md5, relpath }) => ({ md5, relpath }));
}
