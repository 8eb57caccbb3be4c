/** What templates of a `dvc.yaml` may name: `params.yaml` beside it, and what `vars` say or load. */
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { ReadText } from '../read-text.ts';
import { readParamsFile } from './params-file.ts';
import { hasExpression } from './template.ts';
import { isValueMap, type Value, type ValueMap } from './value.ts';

const DEFAULT = 'params.yaml';

export interface Vars {
  readonly values: ValueMap;
  /** Files that were loaded: null, whole; else their keys. */
  readonly loaded: ReadonlyMap<string, readonly string[] | null>;
}

/** @param folder of the dvc.yaml, absolute. @throws UserError InvalidPipeline, DataInvalid */
export async function varsOfFile(
  vars: Value | undefined,
  folder: string,
  where: string,
  read: ReadText,
): Promise<Vars> {
  const none: Vars = { values: new Map(), loaded: new Map() };
  const whole = await readParamsFile(join(folder, DEFAULT), DEFAULT, read);
  const first = whole === null ? none : merged(none, whole, DEFAULT, where);
  if (whole !== null)
    return varsOf(vars, { ...first, loaded: new Map([[join(folder, DEFAULT), null]]) }, folder, where, read);
  return varsOf(vars, first, folder, where, read);
}

/** @param folder that paths are relative to. @throws UserError as {@link varsOfFile} */
export async function varsOf(
  vars: Value | undefined,
  before: Vars,
  folder: string,
  where: string,
  read: ReadText,
): Promise<Vars> {
  let all = before;
  for (const item of Array.isArray(vars) ? (vars as readonly Value[]) : []) {
    refuseExpressions(item, where);
    if (isValueMap(item)) {
      all = merged(all, item, where, where);
      continue;
    }
    const [file = '', names] = String(item).split(/:(.*)/s);
    const keys = names ? names.split(',').filter((each) => each !== '') : null;
    const path = join(folder, file);
    const earlier = all.loaded.get(path);
    if (earlier === null && keys === null) continue;
    if (earlier !== undefined && (earlier === null || keys === null || keys.some((key) => earlier.includes(key))))
      throw new UserError('InvalidPipeline', `${where}: ${String(item)} is loaded already, at least in part`);
    const found = await readParamsFile(path, file, read);
    if (found === null) throw new UserError('InvalidPipeline', `${where}: ${file} does not exist`);
    const missing = keys?.find((key) => !found.has(key));
    if (missing !== undefined)
      throw new UserError('InvalidPipeline', `${where}: could not find '${missing}' in ${file}`);
    const chosen = keys === null ? found : new Map(keys.map((key) => [key, found.get(key) ?? null]));
    const loaded = new Map(all.loaded).set(path, keys === null ? null : [...(earlier ?? []), ...keys]);
    all = { ...merged(all, chosen, file, where), loaded };
  }
  return all;
}

function merged(all: Vars, more: ValueMap, source: string, where: string): Vars {
  return { ...all, values: both(all.values, more, '', source, where) };
}

function both(a: ValueMap, b: ValueMap, prefix: string, source: string, where: string): ValueMap {
  const all = new Map(a);
  for (const [key, value] of b) {
    const there = all.get(key);
    if (isValueMap(there) && isValueMap(value)) all.set(key, both(there, value, `${prefix}${key}.`, source, where));
    else if (there !== undefined)
      throw new UserError(
        'InvalidPipeline',
        `${where}: cannot redefine '${prefix}${key}' from ${source}: it exists already`,
      );
    else all.set(key, value);
  }
  return all;
}

function refuseExpressions(value: Value, where: string): void {
  const texts = JSON.stringify(value, (_, each) =>
    each instanceof Map ? [...each] : typeof each === 'bigint' ? String(each) : each,
  );
  if (hasExpression(texts)) throw new UserError('InvalidPipeline', `${where}: \${…} cannot stand in vars`);
}
