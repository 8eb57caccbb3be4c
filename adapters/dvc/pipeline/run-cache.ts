/**
 * DVC's run cache, `runs/` of the cache: of a command with its dependencies and parameters what came of it. A stage that was run
 * with the same once is not run again.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isWhole } from '../data.ts';
import { isThere } from '../objects.ts';
import { replaceText } from '../text-file.ts';
import { type LockEntry, lockedPath, readEntry } from './lock-file.ts';
import type { Stage } from './stage.ts';
import { isValueList, isValueMap, sortedJson, type Value } from './value.ts';
import { yamlText } from './yaml-text.ts';

/** Not of one whose command counts on what was there before, or on what nobody names. */
export const canBeCached = ({ alwaysChanged, deps, params, outs }: Stage): boolean =>
  !alwaysChanged && deps.length + params.length > 0 && outs.length > 0 && !outs.some(({ persist }) => persist);

/** Outputs that Git keeps are in no cache, but for metrics and plots: small files. */
export const isKept = (stage: Stage): boolean =>
  canBeCached(stage) && stage.outs.every(({ cache, kind }) => cache || kind !== 'outs');

/** @param entry with its deps and params as they are now. @returns what came of it, all of it in the cache; null where nothing is known */
export async function cachedRun(cache: string, stage: Stage, entry: LockEntry): Promise<LockEntry | null> {
  const folder = join(cache, folderOf(entry));
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => /^[0-9a-f]{64}$/.test(name))
      .map(async (name) => ({ name, at: (await stat(join(folder, name)).catch(() => null))?.mtimeMs ?? 0 })),
  );
  const [newest] = found.sort((a, b) => b.at - a.at);
  if (!newest) return null;
  const run = readEntry(await readFile(join(folder, newest.name), 'utf8').catch(() => ''));
  if (!run) return null;
  for (const { path } of stage.outs) {
    const out = lockedPath(run, 'outs', path);
    if (!out || !(await isWhole(cache, out.md5))) return null;
  }
  return run;
}

export async function keepRun(cache: string, entry: LockEntry): Promise<void> {
  const path = join(cache, runKey(entry));
  if (await isThere(path)) return;
  await mkdir(dirname(path), { recursive: true });
  await replaceText(path, yamlText(entry));
}

/** Below the cache, and below a remote. */
export const runKey = (entry: LockEntry): string => `${folderOf(entry)}/${digestOf(entry)}`;

function folderOf(entry: LockEntry): string {
  const outs = entry.get('outs');
  const paths = (isValueList(outs) ? outs : []).map((out) => (isValueMap(out) ? (out.get('path') ?? null) : out));
  const key = digestOf(new Map<string, Value>([...entry, ['outs', paths]]));
  return `runs/${key.slice(0, 2)}/${key}`;
}

const digestOf = (entry: LockEntry): string =>
  createHash('sha256')
    .update(sortedJson(unsized(entry)))
    .digest('hex');

/** Sizes follow from digests: DVC leaves them out, wherever they stand. */
function unsized(value: Value): Value {
  if (isValueList(value)) return value.map(unsized);
  if (!isValueMap(value)) return value;
  return new Map(
    [...value].filter(([key]) => key !== 'size' && key !== 'nfiles').map(([key, each]) => [key, unsized(each)]),
  );
}
