/** What of a stage differs from dvc.lock, by DVC's rules and in its words. */
import { relative, sep } from 'node:path';
import { isWhole, type Repository } from '../data.ts';
import { type LockEntry, lockedParams, lockedPath } from './lock-file.ts';
import type { Looks } from './looks.ts';
import { readParamsFile, valueAt } from './params-file.ts';
import type { Stage, StageParams } from './stage.ts';
import { isEqual, type Value, type ValueMap } from './value.ts';

type Kind = 'deleted' | 'modified' | 'new' | 'not in cache';
export interface StageStatus {
  readonly deps: ReadonlyMap<string, Kind | Readonly<Record<string, Kind>>>;
  readonly outs: ReadonlyMap<string, Kind>;
  readonly alwaysChanged: boolean;
  readonly changedCommand: boolean;
}

/** Reads digests of what has not changed from the repository's own memory of them. */
export async function stageStatus(
  repository: Repository,
  stage: Stage,
  entry: LockEntry | undefined,
  looks: Looks,
): Promise<StageStatus> {
  const shown = (path: string) => {
    const own = relative(repository.root, path).split(sep).join('/');
    return own.startsWith('../') ? path : own;
  };
  const deps = new Map<string, Kind | Record<string, Kind>>();
  for (const { path, absolute } of stage.frozen ? [] : stage.deps) {
    const seen = await looks.at(absolute);
    const locked = lockedPath(entry, 'deps', path);
    if (!seen) deps.set(shown(absolute), 'deleted');
    else if (seen.md5 !== locked?.md5) deps.set(shown(absolute), 'modified');
  }
  for (const each of stage.frozen ? [] : stage.params) {
    const status = await paramsStatus(each, lockedParams(entry, each.path), shown(each.absolute));
    if (status !== null) deps.set(shown(each.absolute), status);
  }
  const outs = new Map<string, Kind>();
  for (const { path, absolute, cache } of stage.outs) {
    const locked = lockedPath(entry, 'outs', path);
    if (locked && cache && !(await isWhole(repository.config.cache, locked.md5)))
      outs.set(shown(absolute), 'not in cache');
    else {
      const seen = await looks.at(absolute);
      if (!seen) outs.set(shown(absolute), 'deleted');
      else if (seen.md5 !== locked?.md5) outs.set(shown(absolute), 'modified');
    }
  }
  const changedCommand = entry !== undefined && !isEqual(entry.get('cmd'), stage.cmd);
  return { deps, outs, alwaysChanged: stage.alwaysChanged, changedCommand };
}

async function paramsStatus(
  { absolute, keys }: StageParams,
  locked: ValueMap | undefined,
  name: string,
): Promise<Kind | Record<string, Kind> | null> {
  const values = await readParamsFile(absolute, name);
  if (values === null) return 'deleted';
  if (locked === undefined) return 'new';
  const changed: [string, Kind][] = [];
  for (const key of keys ?? new Set([...values.keys(), ...locked.keys()])) {
    const now = keys === null ? values.get(key) : valueAt(values, key);
    const before = locked.get(key);
    if (now === undefined) changed.push([key, 'deleted']);
    else if (before === undefined) changed.push([key, 'new']);
    else if (!isEqual(now, before)) changed.push([key, 'modified']);
  }
  return changed.length === 0 ? null : Object.fromEntries(changed);
}

/** Whether a run would do anything. Of a frozen stage its outputs alone count. */
export const isChanged = ({ deps, outs, alwaysChanged, changedCommand }: StageStatus, { frozen }: Stage): boolean =>
  changedCommand || deps.size > 0 || outs.size > 0 || (alwaysChanged && !frozen);

/** As `dvc status --json` says it; null where nothing differs. */
export function statusJson(status: StageStatus): unknown[] | null {
  const all: unknown[] = [];
  if (status.deps.size > 0) all.push({ 'changed deps': Object.fromEntries(status.deps) });
  if (status.outs.size > 0) all.push({ 'changed outs': Object.fromEntries(status.outs) });
  if (status.alwaysChanged) all.push('always changed');
  if (status.changedCommand) all.push('changed command');
  return all.length === 0 ? null : all;
}

/** What a stage reads of its files of parameters now. */
export async function paramsNow(stage: Stage): Promise<{ values: Map<string, ValueMap>; missing: string[] }> {
  const values = new Map<string, ValueMap>();
  const missing: string[] = [];
  for (const { path, absolute, keys } of stage.params) {
    const all = await readParamsFile(absolute, path);
    if (all === null) {
      missing.push(path);
      continue;
    }
    const own = new Map<string, Value>();
    for (const key of keys ?? all.keys()) {
      const value = keys === null ? all.get(key) : valueAt(all, key);
      if (value === undefined) missing.push(`${key} of ${path}`);
      else own.set(key, value);
    }
    values.set(path, own);
  }
  return { values, missing };
}
