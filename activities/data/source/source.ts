/** What `source` of validateData names: which files, where, of what format. */
import { readdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { z } from 'zod';
import type { Format } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { nearest } from '#contracts/nearest.ts';
import type { RunContext } from '#contracts/run.ts';
import type { validateData } from '#contracts/stages/validate-data.ts';
import type { ObjectStore } from '#ports/store.ts';
import { glob, globPattern, hasGlob } from '../glob.ts';

export type SourceInput = Pick<z.output<typeof validateData.input>, 'source' | 'format'>;

export interface SourceDependencies {
  /** Root of the project that holds `pipelines/`. */
  projectFolder(run: Pick<RunContext, 'pipeline'>): string;
  /** Absolute sources must lie in one of these; default: anywhere. */
  readonly dataFolders?: readonly string[];
  readonly store: Pick<ObjectStore, 'key' | 'list'>;
}

export type Located =
  | { readonly kind: 'local'; readonly files: readonly { path: string; label: string }[] }
  | { readonly kind: 'stored'; readonly objects: readonly StoredObject[] };

/** An object that a source names. */
export interface StoredObject {
  readonly key: string;
  /** As it was listed; absent where it was named outright, and not asked for. */
  readonly listed?: { readonly bytes: number; readonly modified: Date; readonly etag?: string | undefined };
}

/** Data that is not there, or not yet. */
export class NothingThere extends UserError {
  constructor(message: string) {
    super('DataInvalid', message);
  }
}

/**
 * A path or glob is relative to `pipelines/<pipeline>/` and must stay inside of the project (links that the project
 * holds may lead out of it). An absolute path may name any file of the machine, or with `dataFolders` only files there.
 * An `s3://` URI names a key of this environment's store, or several by a glob.
 * @throws UserError DataInvalid when nothing is there, InvalidInput when it is not allowed
 */
export async function locate(
  source: string,
  run: Pick<RunContext, 'pipeline'>,
  deps: SourceDependencies,
  signal?: AbortSignal,
): Promise<Located> {
  if (/^[a-z0-9]+:\/\//i.test(source))
    return { kind: 'stored', objects: await storedObjects(source, deps.store, signal) };
  const project = resolve(deps.projectFolder(run));
  const base = isAbsolute(source) ? '/' : join(project, 'pipelines', run.pipeline);
  const target = resolve(base, source);
  if (!isAbsolute(source) && !isInside(target, project))
    throw new UserError(
      'InvalidInput',
      `source ${source} leads out of the project ${project}: give an absolute path, or put a link into the project`,
    );
  if (isAbsolute(source) && deps.dataFolders && !deps.dataFolders.some((folder) => isInside(target, resolve(folder))))
    throw new UserError(
      'InvalidInput',
      `source ${source} is in none of the folders that data may come from (${deps.dataFolders.join(', ')})`,
    );
  const label = (path: string) => (isAbsolute(source) ? path : relative(base, path));
  return { kind: 'local', files: (await localFiles(target, source)).map((path) => ({ path, label: label(path) })) };
}

/**
 * The files that an absolute path or glob names, in the order of their names.
 * @param source what its author wrote, for messages
 * @throws UserError DataInvalid when nothing is there
 */
export async function localFiles(target: string, source: string): Promise<string[]> {
  if (hasGlob(source) && !(await isFile(target))) {
    const files = await glob('/', target.slice(1));
    if (files.length === 0)
      throw new NothingThere(
        `no file matches ${source}; looked in ${fixedPart(target)}${await contents(fixedPart(target), '')}`,
      );
    return files;
  }
  if (await isFile(target)) return [target];
  if ((await stat(target).catch(() => null))?.isDirectory())
    throw new UserError(
      'DataInvalid',
      `${source} is a folder: name its files, for example ${join(source, '*.parquet')}`,
    );
  throw new NothingThere(await notThere(target, source));
}

/** What a message says of an absolute path where nothing is: where was looked, and what is there instead. */
export async function notThere(target: string, source: string): Promise<string> {
  const folder = dirname(target);
  return `${source} is not there; looked in ${folder}${await contents(folder, target.slice(folder.length + 1))}`;
}

async function storedObjects(
  source: string,
  store: SourceDependencies['store'],
  signal: AbortSignal | undefined,
): Promise<StoredObject[]> {
  const key = store.key(source);
  if (!hasGlob(key)) return [{ key }];
  const pattern = globPattern(key);
  const objects: StoredObject[] = [];
  for await (const { key: found, ...listed } of store.list(key.slice(0, key.search(/[*?]/)), signal))
    if (pattern.test(found)) objects.push({ key: found, listed });
  if (objects.length === 0) throw new NothingThere(`no object in the store matches ${source}`);
  return objects.sort((a, b) => (a.key < b.key ? -1 : 1));
}

const extensions: readonly [RegExp, Format][] = [
  [/\.(parquet|pq)$/i, 'parquet'],
  [/\.(csv|tsv)(\.gz)?$/i, 'csv'],
  [/\.(jsonl|ndjson)(\.gz)?$/i, 'jsonl'],
];

/** @throws UserError InvalidInput when the names do not say, or say different things */
export function formatOf(names: readonly string[], given: Format | undefined): Format {
  if (given) return given;
  const formats = names.map((name) => {
    if (/\.zip$/i.test(name))
      throw new UserError(
        'InvalidInput',
        `${name} is a zip archive, which is not read: unpack it, or compress its file with gzip instead`,
      );
    const found = extensions.find(([pattern]) => pattern.test(name))?.[1];
    if (!found)
      throw new UserError(
        'InvalidInput',
        `the name ${name} does not tell a format: give \`format\` (--format of a command) as csv, parquet or jsonl`,
      );
    return found;
  });
  const other = formats.findIndex((format) => format !== formats[0]);
  if (other > 0)
    throw new UserError(
      'InvalidInput',
      `${names[0]} is ${formats[0]} and ${names[other]} is ${formats[other]}: files of one table must have one format`,
    );
  return formats[0]!;
}

/** Of absolute paths; a name may begin with two dots. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way.split(sep)[0] !== '..' && !isAbsolute(way);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

function fixedPart(pattern: string): string {
  const segments = pattern.split('/');
  return segments.slice(0, segments.findIndex(hasGlob)).join('/') || '/';
}

/** What there is instead, for the message. */
async function contents(folder: string, wanted: string): Promise<string> {
  const names = await readdir(folder).catch(() => null);
  if (!names) return ', which is no folder';
  const close = nearest(wanted, names);
  if (close) return `; did you mean ${close}?`;
  const shown = names.filter((name) => !name.startsWith('.')).slice(0, 10);
  return shown.length === 0
    ? ', which is empty'
    : `; there are ${shown.join(', ')}${names.length > shown.length ? ' …' : ''}`;
}
