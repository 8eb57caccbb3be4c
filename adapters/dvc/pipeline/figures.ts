/** Metrics and parameters of a state of a repository, and how those of two states differ. */
import { join, relative, sep } from 'node:path';
import { objectPath } from '../objects.ts';
import { readWorkspace } from '../read-text.ts';
import type { Source } from '../source.ts';
import { pipelineStages } from '../tracked.ts';
import { entryOf, lockedPath, lockOf, readLock } from './lock-file.ts';
import { readParamsFile, valueAt } from './params-file.ts';
import { flattened } from './template.ts';
import { isEqual, isValueList, isValueMap, plainOf, pythonText, type Value, type ValueMap } from './value.ts';

/** By file, of the root. */
export type Figures = ReadonlyMap<string, ValueMap>;

const inRoot = (root: string, path: string): string => relative(root, path).split(sep).join('/');

/** What files of metrics hold: figures and texts, no lists. One that Git does not keep is read from the cache. */
export async function metricsOf(root: string, cache: string, source: Source): Promise<Figures> {
  const all = new Map<string, ValueMap>();
  for (const stage of await pipelineStages(root, source)) {
    const path = lockOf(stage);
    const entry = entryOf(await readLock(path, inRoot(root, path), source.read), stage.name);
    for (const out of stage.outs) {
      if (out.kind !== 'metrics') continue;
      const md5 = lockedPath(entry, 'outs', out.path)?.md5;
      const isKept = source.commit === null || !out.cache || md5 === undefined;
      const read = isKept ? source.read : () => readWorkspace(objectPath(cache, md5));
      const found = await readParamsFile(out.absolute, inRoot(root, out.absolute), read);
      if (found) all.set(inRoot(root, out.absolute), readable(found));
    }
  }
  return all;
}

function readable(found: ValueMap): ValueMap {
  const kept = [...found].flatMap(([key, value]): [string, Value][] => {
    if (value === null || isValueList(value)) return [];
    if (!isValueMap(value)) return [[key, value]];
    const inner = readable(value);
    return inner.size === 0 ? [] : [[key, inner]];
  });
  return new Map(kept);
}

/** Files that stages name, and params.yaml, whole; with `depsOnly` what stages depend on alone. */
export async function paramsOf(root: string, source: Source, depsOnly: boolean): Promise<Figures> {
  const wanted = new Map<string, string[] | null>();
  if (!depsOnly) wanted.set(join(root, 'params.yaml'), null);
  for (const { params } of await pipelineStages(root, source))
    for (const { absolute, keys } of params) {
      const there = wanted.get(absolute);
      wanted.set(absolute, there === null || keys === null ? null : [...(there ?? []), ...keys]);
    }
  const all = new Map<string, ValueMap>();
  for (const [path, keys] of wanted) {
    const found = await readParamsFile(path, inRoot(root, path), source.read);
    if (found) all.set(inRoot(root, path), keys === null ? found : chosen(found, keys));
  }
  return all;
}

function chosen(found: ValueMap, keys: readonly string[]): ValueMap {
  const own = [...new Set(keys)].map((key): [string, Value | undefined] => [key, valueAt(found, key)]);
  return new Map(own.flatMap(([key, value]): [string, Value][] => (value === undefined ? [] : [[key, value]])));
}

export interface FigureDiff {
  readonly old: unknown;
  readonly new: unknown;
  /** Of figures alone. */
  readonly diff?: number;
}

/** By file, then by `a.b`. @param all also what is the same */
export function diffFigures(old: Figures, now: Figures, all: boolean): Record<string, Record<string, FigureDiff>> {
  const told: Record<string, Record<string, FigureDiff>> = {};
  for (const file of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const [before, after] = [new Map(flattened(old.get(file) ?? none)), new Map(flattened(now.get(file) ?? none))];
    const changes: Record<string, FigureDiff> = {};
    for (const key of new Set([...before.keys(), ...after.keys()])) {
      const [a, b] = [before.get(key) ?? null, after.get(key) ?? null];
      if (!all && isEqual(a, b)) continue;
      const [from, to] = [numberOf(a), numberOf(b)];
      changes[key] = { old: shown(a), new: shown(b), ...(from === null || to === null ? {} : { diff: to - from }) };
    }
    if (Object.keys(changes).length > 0) told[file] = changes;
  }
  return told;
}

const none: ValueMap = new Map();
/** True counts as 1, as in Python. */
const numberOf = (value: Value): number | null =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? Number(value) : null;
/** Lists as Python writes them: how DVC compares what it cannot subtract. */
const shown = (value: Value): unknown => (isValueList(value) ? pythonRepr(value) : plainOf(value));

function pythonRepr(value: Value): string {
  if (isValueList(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (isValueMap(value))
    return `{${[...value].map(([key, each]) => `${pythonRepr(key)}: ${pythonRepr(each)}`).join(', ')}}`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'string') return pythonText(value);
  return value.includes("'") && !value.includes('"')
    ? `"${value}"`
    : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
