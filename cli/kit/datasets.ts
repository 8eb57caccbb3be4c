/** DATA as a verb takes it: a path, a glob or `s3://…`, of Parquet, CSV or JSON lines, as local Parquet files. */
import { constants, mkdtempSync, rmSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hasGlob } from '#activities/data/glob.ts';
import { formatOf, localFiles } from '#activities/data/source/source.ts';
import { createTablesInProcess, type Scanning } from '#adapters/duckdb/host/in-process.ts';
import type { Workplace } from '#adapters/duckdb/tables.ts';
import type { Format } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { Reading } from '#contracts/reading.ts';
import type { EntitySampling, Extending, Histories } from '#ports/history.ts';
import type { QueryTables } from '#ports/queries.ts';
import type { Skews } from '#ports/skew.ts';
import type { TableShape, Tables } from '#ports/tables.ts';
import { createOutput, type Output } from './output.ts';

export interface Dataset {
  /** As it was given. */
  readonly name: string;
  /** Parquet files on this machine, in the order of their names: the given ones, or what was made of them. */
  readonly files: readonly string[];
  /** Known already of what was read; else {@link Tables.shape} finds it. */
  readonly shape?: TableShape;
}
export interface Datasets {
  readonly datasets: readonly Dataset[];
  /** Of reading: what should be looked at, each with the option that reads it otherwise. */
  readonly notes: readonly string[];
  readonly tables: Tables & EntitySampling & Histories & Skews & QueryTables & Workplace & Scanning & Extending;
  /** Removed at the end, also by Ctrl-C. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** A name, and how that dataset alone is read. */
export interface NamedData {
  readonly name: string;
  readonly format?: Format | undefined;
  readonly reading: Reading;
}

/**
 * Opens what the texts name, works, and leaves nothing behind.
 * @param options `format` for names that do not tell; `reading` for all of them alike
 * @throws UserError DataInvalid or InvalidInput for what is not there or cannot be read
 */
export async function withDatasets<T>(
  names: readonly (string | NamedData)[],
  options: { readonly format?: Format | undefined; readonly reading?: Reading; readonly out?: Output },
  work: (opened: Datasets) => Promise<T>,
): Promise<T> {
  const out = options.out ?? createOutput(true);
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-data-'));
  const abort = new AbortController();
  const stop = () => abort.abort(new Error('stopped'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  process.once('SIGHUP', stop);
  // Where the process ends in the middle: a reader of its output that has seen enough.
  const clear = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', clear);
  const tables = createTablesInProcess();
  try {
    const sources: Source[] = [];
    for (const [index, each] of names.entries()) {
      const named = typeof each === 'string' ? { name: each, format: options.format } : each;
      const { files, labels } = await located(named.name, join(folder, String(index)), out, abort.signal);
      const format = formatOf(labels, named.format);
      sources.push({
        name: named.name,
        files,
        labels,
        format,
        reading: typeof each === 'string' ? null : each.reading,
      });
    }
    const told = { reading: options.reading ?? {}, folder, out, signal: abort.signal };
    const { datasets, notes } = await asParquet(sources, tables, told);
    return await work({ datasets, notes, tables, folder, signal: abort.signal });
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    process.off('SIGHUP', stop);
    await tables.close();
    clear();
    process.off('exit', clear);
  }
}

interface Source extends Dataset {
  readonly labels: readonly string[];
  readonly format: Format;
  /** null: as all of them are. */
  readonly reading: Reading | null;
}

/**
 * All sides of a comparison are read alike; a column that an option names must be in one of them.
 * @throws UserError DataInvalid, InvalidInput
 */
async function asParquet(
  sources: readonly Source[],
  tables: Tables,
  { reading, folder, out, signal }: { reading: Reading; folder: string; out: Output; signal: AbortSignal },
): Promise<Pick<Datasets, 'datasets' | 'notes'>> {
  const { types, hivePartitions } = reading;
  const someCsv = sources.some(({ format }) => format === 'csv');
  const datasets: Dataset[] = [];
  const notes: string[] = [];
  const columns = new Set<string>();
  for (const [index, { name, files, labels, format, reading: alone }] of sources.entries()) {
    const own = alone ?? (format === 'csv' || !someCsv ? reading : { types, hivePartitions });
    if (format === 'parquet' && Object.values(own).every((option) => option === undefined)) {
      datasets.push({ name, files });
      continue;
    }
    if (out.live) out.note(`reading ${name} …`);
    const to = join(folder, `${index}.parquet`);
    const facts = await tables.snapshot(
      { files, labels, format, ...own, absent: alone === null && sources.length > 1, to },
      signal,
    );
    for (const column of facts.columns) columns.add(column.name.toLowerCase());
    for (const note of facts.notes ?? []) notes.push(sources.length > 1 ? `${name}: ${note}` : note);
    datasets.push({ name, files: [to], shape: facts });
  }
  const named = Object.keys({ ...types, ...reading.dates });
  const nowhere = named.find((column) => !columns.has(column.toLowerCase()));
  if (nowhere !== undefined && columns.size > 0)
    throw new UserError('DataInvalid', `no side of the data has a column ${nowhere}, which --type or --date names`);
  return { datasets, notes };
}

async function located(
  name: string,
  folder: string,
  out: Output,
  signal: AbortSignal,
): Promise<{ files: string[]; labels: string[] }> {
  if (isStored(name)) return stored(name, folder, out, signal);
  const files = await localData(name);
  return { files, labels: hasGlob(name) ? files : [name] };
}

export const isStored = (name: string): boolean => /^s3:\/\//i.test(name);

/** @throws UserError for what is not there, a folder, or not readable */
export async function localData(name: string): Promise<string[]> {
  if (name.trim() === '') throw new UserError('InvalidInput', 'a name of data is empty: give a path, a glob or s3://…');
  const other = /^([a-z][a-z0-9+.-]*):\/\//i.exec(name)?.[1];
  if (other !== undefined && other.toLowerCase() !== 'file')
    throw new UserError('InvalidInput', `${name}: data are read from paths and s3://…, not from ${other}://`);
  const files = await localFiles(resolve(name.replace(/^file:\/\//i, '')), name);
  for (const file of files)
    await access(file, constants.R_OK).catch(() => {
      throw new UserError('DataInvalid', `${file} cannot be read: its permissions forbid it`);
    });
  return files;
}

/** Any bucket that the environment's credentials may read; without them the embedded store. */
async function stored(name: string, folder: string, out: Output, signal: AbortSignal) {
  const { downloadStored } = await import('./stored-data.ts');
  if (out.live) out.note(`fetching ${name} …`);
  return downloadStored(name, folder, signal);
}
