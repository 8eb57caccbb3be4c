/** `dvc.lock`: of each stage what it was run with, and what came of it. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import type { Tracked } from '../dvc-file.ts';
import { type ReadText, readWorkspace } from '../read-text.ts';
import { replaceText } from '../text-file.ts';
import type { Stage } from './stage.ts';
import { isValueList, isValueMap, parseYaml, type Value, type ValueMap } from './value.ts';
import { yamlText } from './yaml-text.ts';

const Path = z.looseObject({
  path: z.string(),
  hash: z
    .literal('md5', 'DVC 2 wrote it, whose digests are of other bytes: remove dvc.lock and run ratchet repro')
    .optional(),
  md5: z
    .string()
    .regex(/^[0-9a-f]{32}(\.dir)?$/, '32 hex digits, with .dir behind them for a folder')
    .optional(),
});
const Entry = z.looseObject({
  cmd: z.union([z.string(), z.array(z.string())]),
  deps: z.array(Path).optional(),
  params: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  outs: z.array(Path).optional(),
});
const File = z.looseObject({
  schema: z.literal('2.0', 'the schema 2.0 is wanted; an older DVC wrote this file'),
  stages: z.record(z.string(), Entry).optional(),
});

/** As it stands in the file. */
export type LockEntry = ValueMap;
export interface Locked {
  readonly md5: string;
  readonly size: number;
  readonly nfiles?: number | undefined;
  readonly isexec?: boolean | undefined;
}

export const lockOf = ({ file }: Stage): string => join(dirname(file), 'dvc.lock');

/** @returns what stands there; empty without a file. @throws UserError DataInvalid with line and column */
export async function readLock(path: string, name: string, read: ReadText = readWorkspace): Promise<ValueMap> {
  const text = (await read(path)) ?? '';
  if (text.trim() === '') return new Map();
  const parsed = parseYaml(text, name);
  refuse(File.safeParse(parsed.plain), name, parsed.at);
  return isValueMap(parsed.value) ? parsed.value : new Map();
}

/** Of the run cache. @returns null for what is no entry */
export function readEntry(text: string): LockEntry | null {
  try {
    const { plain, value } = parseYaml(text, 'the run cache');
    return Entry.safeParse(plain).success && isValueMap(value) ? value : null;
  } catch {
    return null;
  }
}

function refuse(read: z.ZodSafeParseResult<unknown>, name: string, at: (path: readonly PropertyKey[]) => string): void {
  const [issue] = read.success ? [] : read.error.issues;
  if (issue)
    throw new UserError(
      'DataInvalid',
      `${name}${at(issue.path)}: ${issue.path.map(String).join('.')}: ${issue.message}`,
    );
}

export function entryOf(lock: ValueMap, stage: string): LockEntry | undefined {
  const stages = lock.get('stages');
  const entry = isValueMap(stages) ? stages.get(stage) : undefined;
  return isValueMap(entry) ? entry : undefined;
}

export function lockedPath(entry: LockEntry | undefined, kind: 'deps' | 'outs', path: string): Locked | undefined {
  const all = entry?.get(kind);
  const found = (isValueList(all) ? all : []).find((each) => isValueMap(each) && each.get('path') === path);
  if (!isValueMap(found)) return undefined;
  const md5 = found.get('md5');
  if (typeof md5 !== 'string') return undefined;
  if (found.get('hash') !== 'md5')
    throw new UserError(
      'DataInvalid',
      `dvc.lock: ${path} was written by DVC 2, whose digests are of other bytes: \`dvc cache migrate --dvc-files\` rewrites it`,
    );
  const nfiles = found.get('nfiles');
  return {
    md5,
    size: Number(found.get('size') ?? 0),
    ...(nfiles === undefined ? {} : { nfiles: Number(nfiles) }),
    ...(found.get('isexec') === true ? { isexec: true } : {}),
  };
}

/** Keys and values that a file of parameters had. */
export function lockedParams(entry: LockEntry | undefined, path: string): ValueMap | undefined {
  const all = entry?.get('params');
  const found = isValueMap(all) ? all.get(path) : undefined;
  return isValueMap(found) ? found : undefined;
}

export interface Seen {
  readonly deps: ReadonlyMap<string, Locked>;
  readonly params: ReadonlyMap<string, ValueMap>;
  readonly outs: ReadonlyMap<string, Locked>;
}

/** Paths in their order, params.yaml before other files, keys in theirs. */
export function lockEntry(stage: Stage, { deps, params, outs }: Seen): LockEntry {
  const entry = new Map<string, Value>([['cmd', stage.cmd]]);
  if (deps.size > 0) entry.set('deps', byPath(deps).map(pathEntry));
  if (params.size > 0) {
    const files = byPath(params).sort(([a], [b]) => Number(b === 'params.yaml') - Number(a === 'params.yaml'));
    entry.set('params', new Map(files.map(([file, values]) => [file, new Map(byPath(values))])));
  }
  if (outs.size > 0) entry.set('outs', byPath(outs).map(pathEntry));
  return entry;
}

/** By code points, as Python sorts. */
const byPath = <T>(entries: ReadonlyMap<string, T>): [string, T][] =>
  [...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

function pathEntry([path, { md5, size, nfiles, isexec }]: [string, Locked | Omit<Tracked, 'path'>]): ValueMap {
  return new Map<string, Value>([
    ...([
      ['path', path],
      ['hash', 'md5'],
      ['md5', md5],
      ['size', BigInt(size)],
    ] as [string, Value][]),
    ...(nfiles === undefined ? [] : ([['nfiles', BigInt(nfiles)]] as [string, Value][])),
    ...(isexec ? ([['isexec', true]] as [string, Value][]) : []),
  ]);
}

/**
 * Puts one stage's entry in; the others stay as they are. Read again first: another one may have written meanwhile.
 * @returns whether anything was changed
 */
export async function writeLock(path: string, name: string, stage: string, entry: LockEntry): Promise<boolean> {
  const before = await readLock(path, name);
  const stages = before.get('stages');
  const own = new Map(isValueMap(stages) ? stages : []);
  own.set(stage, entry);
  const all = new Map<string, Value>([['schema', '2.0'], ...before, ['stages', own]]);
  const text = yamlText(all);
  if (text === (await readFile(path, 'utf8').catch(() => ''))) return false;
  await replaceText(path, text);
  return true;
}
