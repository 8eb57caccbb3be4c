/** The columns of a source, without its rows: what can be said of them before a run. */
import { access, constants, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Format } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { Reading } from '#contracts/reading.ts';
import type { RunContext } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { TableHeader, Tables } from '#ports/tables.ts';
import { formatOf, type Located, locate, NothingThere, type SourceDependencies } from './source.ts';

export interface HeaderDependencies extends SourceDependencies {
  readonly store: Pick<ObjectStore, 'key' | 'list' | 'head' | 'part'>;
  readonly tables: Pick<Tables, 'header'>;
  /** An empty folder for what is fetched of stored files. */
  folder(): Promise<string>;
}

export interface HeaderSource {
  readonly source: string;
  readonly format?: Format | undefined;
  readonly reading: Reading;
}

/** Not there, not allowed, or behind a store that does not answer: nothing that the pipeline says wrongly. */
export class NotReadable extends Error {}

/** Objects that are looked into, evenly spread over all. */
const LOOKED_INTO = 8;
/** Of a stored CSV file, and of all stored files of JSON lines. */
const BEGINNING = { csv: 1024 * 1024, jsonl: 32 * 1024 * 1024 };
/** Of a Parquet file's end, before the footer says how long it is. */
const TAIL = 256 * 1024;
const MOST_FOOTER = 64 * 1024 * 1024;

/**
 * @param patienceMs a look takes no longer
 * @throws NotReadable where it cannot be told; UserError for files that no run could read
 */
export async function sourceHeader(
  { source, format, reading }: HeaderSource,
  run: Pick<RunContext, 'pipeline'>,
  deps: HeaderDependencies,
  patienceMs: number,
): Promise<TableHeader> {
  const signal = AbortSignal.timeout(patienceMs);
  try {
    const located = await locate(source, run, deps, signal);
    const labels =
      located.kind === 'stored' ? located.objects.map(({ key }) => key) : located.files.map(({ label }) => label);
    const known = formatOf(labels, format);
    const found = located.kind === 'stored' ? await fetched(labels, known, deps, signal) : await local(located);
    return await deps.tables.header({ ...found, format: known, ...reading }, signal);
  } catch (error) {
    if (signal.aborted) throw new NotReadable(`it was not reached within ${patienceMs / 1000} s`, { cause: error });
    const outside = error instanceof UserError && /^Outside/.test(error.type);
    if (outside || error instanceof NothingThere) throw new NotReadable(error.message, { cause: error });
    throw error;
  }
}

async function local({ files }: Extract<Located, { kind: 'local' }>) {
  for (const { path, label } of files)
    await access(path, constants.R_OK).catch(() => {
      throw new NotReadable(`${label} cannot be read here: its permissions forbid it`);
    });
  return { files: files.map(({ path }) => path), labels: files.map(({ label }) => label) };
}

/** Of each object as much as says its columns. */
async function fetched(keys: readonly string[], format: Format, deps: HeaderDependencies, signal: AbortSignal) {
  const step = Math.max(1, keys.length / LOOKED_INTO);
  const places = Array.from({ length: Math.min(keys.length, LOOKED_INTO) }, (_, index) => Math.floor(index * step));
  const looked = places.flatMap((place) => keys[place] ?? []);
  const folder = await deps.folder();
  const most = format === 'jsonl' ? Math.ceil(BEGINNING.jsonl / looked.length) : BEGINNING.csv;
  const whole = await Promise.all(
    looked.map(async (key, index) => {
      const size = await deps.store.head(key, signal);
      if (!size) throw new NothingThere(`${key} is not in the store`);
      const to = join(folder, String(index));
      if (format === 'parquet') return withFooter(key, size.bytes, to, deps.store, signal);
      await writeFile(to, size.bytes === 0 ? '' : ((await deps.store.part(key, 0, most, signal)) ?? ''));
      return size.bytes <= most;
    }),
  );
  const beginnings = looked.length < keys.length || whole.includes(false);
  return { files: looked.map((_, index) => join(folder, String(index))), labels: looked, beginnings };
}

/** A file of the same size that holds the end of the object alone, where Parquet says what its columns are. */
async function withFooter(
  key: string,
  size: number,
  to: string,
  store: HeaderDependencies['store'],
  signal: AbortSignal,
): Promise<boolean> {
  const last = async (bytes: number) => {
    const from = Math.max(0, size - bytes);
    return { from, bytes: Buffer.from((size > 0 && (await store.part(key, from, size - from, signal))) || '') };
  };
  let tail = await last(TAIL);
  // The last eight bytes: the length of the footer, and the mark.
  const footer = tail.bytes.length < 8 ? 0 : tail.bytes.readUInt32LE(tail.bytes.length - 8) + 8;
  if (footer > MOST_FOOTER)
    throw new NotReadable(`the footer of ${key} has ${footer} bytes, which are not fetched for a look`);
  if (footer > tail.bytes.length && footer <= size) tail = await last(footer);
  const file = await open(to, 'w');
  try {
    await file.truncate(size);
    await file.write(tail.bytes, 0, tail.bytes.length, tail.from);
  } finally {
    await file.close();
  }
  return true;
}
