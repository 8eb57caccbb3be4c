/** The CSV files of one table as something that can stand behind FROM: every column a text, every field as it is written. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import type { SourceRequest } from '#ports/tables.ts';
import { identifier, list, text } from '../../sql.ts';
import { refuseOtherColumns } from '../same-columns.ts';
import { labelOf } from '../source.ts';
import { type CsvHeader, readCsvHeader } from './header.ts';
import { partitionsOf } from './partitions.ts';
import { inUtf8, withPlainHeader } from './rewrite.ts';

const OPEN_AT_ONCE = 8;
/** Texts that mean "no value" unless others are named; the empty field always does. */
const MISSING = ['NA'];

export interface CsvFile {
  /** What the session reads: the given file, or a plain copy of it. */
  readonly path: string;
  readonly label: string;
  readonly header: CsvHeader;
  /** Of what lies at `path`. */
  readonly bytes: number;
  /** Lines of the header that the copy lacks: what DuckDB calls line 2 is 2 more than this. */
  readonly shift: number;
  /** Values of `name=value` folders, where they are asked for. */
  readonly partitions: readonly (readonly [string, string])[];
  /** Of a pack: the files that were put together, in the order of their rows. */
  readonly members?: readonly CsvFile[];
}

export interface CsvTable {
  readonly request: SourceRequest;
  readonly files: readonly CsvFile[];
  /** In the order of the first file, folders' last. */
  readonly names: readonly string[];
}

/**
 * Decodes, reads headers, and copies what DuckDB would misread; nothing is typed yet.
 * @param paths of the files, unpacked, in the request's order
 * @param folder for copies; the caller removes it
 * @throws UserError DataInvalid naming file and column where the files have not the same columns
 */
export async function csvTable(
  request: SourceRequest,
  paths: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<CsvTable> {
  const files = await each(OPEN_AT_ONCE, [...paths.entries()], async ([index, path]): Promise<CsvFile> => {
    const label = labelOf(request, index);
    const utf8 = await inUtf8(path, label, request.encoding, join(folder, `utf8-${index}`), signal);
    const header = await readCsvHeader(utf8, label, request);
    const partitions = request.hivePartitions ? partitionsOf(label) : [];
    const own = new Set(header.names.map((name) => name.toLowerCase()));
    const both = partitions.find(([name]) => own.has(name.toLowerCase()));
    if (both)
      throw new UserError(
        'DataInvalid',
        `${label} has a column ${both[0]}, and so has its path; read it without hivePartitions`,
      );
    const odd = header.odd || request.escape === '\\';
    const to = join(folder, `plain-${index}`);
    const plain = odd ? await withPlainHeader(utf8, header, request.escape ?? '"', to, signal) : utf8;
    const { size: bytes } = await stat(plain);
    return { path: plain, bytes, label, header, shift: odd ? header.lines - 1 : 0, partitions };
  });
  const [first] = files;
  if (!first) throw new Error('a table has no files');
  for (const file of files) {
    if (file !== first) refuseOtherColumns(named(first), named(file));
    if (file.header.delimiter !== first.header.delimiter)
      throw new UserError(
        'DataInvalid',
        `${file.label} separates its columns by "${file.header.delimiter}", ${first.label} by "${first.header.delimiter}"; files of one table must agree`,
      );
  }
  return { request, files, names: columnsOf(first) };
}

/** Those that were given, packed or not. */
export const membersOf = (file: CsvFile): readonly CsvFile[] => file.members ?? [file];

const columnsOf = ({ header, partitions }: CsvFile) => [...header.names, ...partitions.map(([name]) => name)];
const named = (file: CsvFile) => ({ label: file.label, names: columnsOf(file) });

/**
 * The whole table, rows in the order of the files. One reading a file: of several small files that one `read_csv` is given,
 * DuckDB returns now and then a later one first, whatever `preserve_insertion_order` says.
 */
export function fromTable({ request, files, names }: CsvTable): string {
  const [only, ...others] = files.map((file) => fromFiles(request, [file]));
  if (only && others.length === 0) return only;
  const columns = names.map(identifier).join(', ');
  return `(${[only, ...others].map((from) => `SELECT ${columns} FROM ${from}`).join(' UNION ALL ')})`;
}

/** Bytes of the longest line. */
const LINE = 2 * 1024 * 1024;
/** Of what one file is read into: as much as DuckDB takes for lines of that length. */
const BUFFER = 16 * LINE;
/** Less is not worth counting. */
const LEAST = 64 * 1024;

/** Column that {@link fromFiles} adds where the file of each row is asked for. */
export const PATH = '__ratchet_path';

/**
 * @param files written alike
 * @param paths with the column {@link PATH}; rows of several files come in no order then
 * @param most bytes of a file to hold at once, and never less than its longest line may have. A query that stops early in each of many files holds them all to its end
 */
export function fromFiles(
  request: SourceRequest,
  files: readonly CsvFile[],
  { most = BUFFER, paths = false }: { most?: number; paths?: boolean } = {},
): string {
  const [first] = files;
  if (!first) throw new Error('no file to read');
  const columns = first.header.names.map((name) => `${text(name)}: 'VARCHAR'`).join(', ');
  const missing = ['', ...(request.missing ?? MISSING)];
  // Of a small file no more than it is: DuckDB would take 32 MiB for each of many.
  const fits = files.reduce((largest, { bytes }) => Math.max(largest, bytes + 2), LEAST);
  const buffer = Math.min(fits, BUFFER, Math.max(LINE + 1, Math.floor(most)));
  const options = [
    `auto_detect = false, header = true, skip = 0, hive_partitioning = false, filename = ${paths ? text(PATH) : 'false'}`,
    `delim = ${text(first.header.delimiter)}, quote = '"', escape = '"', comment = ''`,
    `nullstr = ${list([...new Set(missing)])}`,
    `compression = 'none', strict_mode = true, null_padding = false, ignore_errors = false, encoding = 'utf-8'`,
    `max_line_size = ${Math.min(LINE, buffer - 1)}, buffer_size = ${buffer}`,
  ].join(', ');
  const read = `read_csv(${list(files.map(({ path }) => path))}, columns = {${columns}}, ${options})`;
  if (first.partitions.length === 0) return read;
  const added = first.partitions
    .map(([name, value]) => `${value === '' ? 'NULL::VARCHAR' : text(value)} AS ${identifier(name)}`)
    .join(', ');
  return `(SELECT *, ${added} FROM ${read})`;
}
