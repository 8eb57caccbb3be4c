/** A table's files as something that can stand behind FROM, with its columns, whatever their format. */
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { SnapshotRequest } from '#activities/ports/tables.ts';
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { type CsvHeader, readCsvHeader } from './csv-header.ts';
import { identifier, list, text } from './sql.ts';

export interface Source {
  /** Files that the session reads: the given ones, or what was unpacked of them. */
  readonly files: readonly string[];
  readonly request: SnapshotRequest;
  /** Of the first CSV file; null for other formats. */
  readonly header: CsvHeader | null;
}

const typeName = /^[A-Za-z][A-Za-z0-9_ (),[\]]{0,99}$/;

/**
 * Unpacks and looks at the first lines; nothing is typed yet.
 * @param folder for unpacked files; the caller removes it
 */
export async function prepare(request: SnapshotRequest, folder: string, signal: AbortSignal): Promise<Source> {
  for (const [column, type] of Object.entries(request.types ?? {}))
    if (!typeName.test(type))
      throw new UserError(
        'InvalidInput',
        `types.${column}: "${type}" is not a type; write for example BIGINT, DOUBLE, VARCHAR, TIMESTAMP`,
      );
  const files = await Promise.all(
    request.files.map((file, index) =>
      unpacked(file, labelOf(request, index), join(folder, `unpacked-${index}`), signal),
    ),
  );
  if (request.format !== 'csv') return { files, request, header: null };
  const headers = await Promise.all(files.map((file, index) => readCsvHeader(file, labelOf(request, index))));
  const first = headers[0]!;
  for (const [index, header] of headers.entries()) {
    if (header.delimiter !== first.delimiter)
      throw new UserError(
        'DataInvalid',
        `${labelOf(request, index)} separates its columns by "${header.delimiter}", ${labelOf(request, 0)} by "${first.delimiter}"; files of one table must agree`,
      );
  }
  return { files, request, header: first };
}

/** DuckDB ends silently where a gzip file is cut off; zlib does not. */
async function unpacked(file: string, label: string, to: string, signal: AbortSignal): Promise<string> {
  if (!(await isGzip(file))) return file;
  try {
    await pipeline(createReadStream(file), createGunzip(), createWriteStream(to), { signal });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code.startsWith('Z_'))
      throw new UserError(
        'DataInvalid',
        `${label} is not a whole gzip file (${(error as Error).message}): copy it again`,
      );
    throw error;
  }
  return to;
}

/** By its first bytes: a cached file has no extension. */
async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

export function labelOf(request: SnapshotRequest, index: number): string {
  return request.labels?.[index] ?? basename(request.files[index]!);
}

/** @param wholeFile types from all rows instead of the first 20,480 */
export function fromOf(source: Source, files: readonly string[], wholeFile: boolean): string {
  const { format } = source.request;
  const several = files.length > 1 ? ', union_by_name = true' : '';
  if (format === 'parquet') return `read_parquet(${list(files)}${several})`;
  const sample = wholeFile ? ', sample_size = -1' : '';
  if (format === 'jsonl')
    return `read_json(${list(files)}, format = 'newline_delimited', compression = 'uncompressed', maximum_object_size = 67108864${several}${sample})`;
  return `read_csv(${list(files)}, ${csvOptions(source)}${typeOptions(source)}${several}${sample})`;
}

/** All columns as text, nothing detected: its errors name a line where detection only says that it failed. */
export function plainCsv(source: Source, file: string, names: readonly string[]): string {
  const columns = names.map((name) => `${text(name)}: 'VARCHAR'`).join(', ');
  return `read_csv(${text(file)}, auto_detect = false, columns = {${columns}}, ${csvOptions(source)})`;
}

function csvOptions(source: Source): string {
  const nulls = source.request.nullStrings ?? ['', 'NA'];
  return [
    `delim = ${text(source.header?.delimiter ?? ',')}`,
    `quote = '"', escape = '"', comment = '', header = true, skip = 0`,
    `nullstr = ${list(nulls.length > 0 ? nulls : [''])}`,
    `compression = 'none', strict_mode = true, null_padding = false, ignore_errors = false, encoding = 'utf-8', max_line_size = 2097152`,
  ].join(', ');
}

function typeOptions(source: Source): string {
  const types = Object.entries(source.request.types ?? {});
  return types.length === 0
    ? ''
    : `, types = {${types.map(([column, type]) => `${text(column)}: ${text(type)}`).join(', ')}}`;
}

/** The select list: every column in order, cast where the request names another type. */
export function selectList(source: Source, columns: readonly Column[]): string {
  const types = new Map(
    Object.entries(source.request.types ?? {}).map(([column, type]) => [column.toLowerCase(), type]),
  );
  return columns
    .map(({ name }) => {
      const type = source.request.format === 'csv' ? undefined : types.get(name.toLowerCase());
      return type ? `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}` : identifier(name);
    })
    .join(', ');
}
