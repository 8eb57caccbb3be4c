/**
 * Names of a table's columns without its rows: from the footers of Parquet files, the header lines of CSV files, the keys of
 * the first JSON lines. A type is told where no further row could change it.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { HeaderColumn, HeaderRequest, TableHeader } from '#ports/tables.ts';
import type { Session } from '../host/session.ts';
import type { HostContext, WithSession } from '../host/with-session.ts';
import { beginningOf } from './beginning.ts';
import { cellClass, typeOf } from './csv/cell-class.ts';
import { declaredColumns } from './csv/columns.ts';
import { csvTable, fromTable } from './csv/files.ts';
import { partitionsOf } from './csv/partitions.ts';
import { classesOf } from './csv/table.ts';
import { asEntries } from './json-lines/scan.ts';
import { readFooters } from './parquet/footers.ts';
import { refuseOtherColumns } from './same-columns.ts';
import { refuseOptionsOfCsv } from './snapshot.ts';
import { labelOf } from './source.ts';

/** Files that are looked into, evenly spread over all. */
const LOOKED_INTO = 64;
/** Of each CSV file; twice what a header line may have. */
const CSV_BYTES = 512 * 1024;
/** Of all JSON lines together: a key may occur in the last line for the first time. */
const JSON_BYTES = 32 * 1024 * 1024;
/** Classifying the fields of wider tables takes longer than an answer is worth here. */
const MOST_TYPED = 250;
/** A column that holds one of these is of texts, whatever else it holds. */
const surelyText = cellClass.text | cellClass.padded | cellClass.localDate | cellClass.commaDecimal;

/** @throws UserError DataInvalid for files that are no table, or have not the same columns, or lack one that an option names */
export async function tableHeader(
  request: HeaderRequest,
  context: HostContext,
  withSession: WithSession,
): Promise<TableHeader> {
  refuseOptionsOfCsv(request);
  const { files, labels } = lookedInto(request);
  const looked: HeaderRequest = { ...request, files, labels };
  if (request.format === 'parquet') return withSession(context, files, (session) => headerOfParquet(session, looked));
  await mkdir(context.settings.folder, { recursive: true });
  const folder = await mkdtemp(join(context.settings.folder, 'header-'));
  try {
    const csv = request.format === 'csv';
    const bytes = csv ? CSV_BYTES : Math.ceil(JSON_BYTES / files.length);
    const { encoding, beginnings: cutOff = false } = request;
    const beginnings = await Promise.all(
      files.map((file, index) => {
        const wanted = { label: labelOf(looked, index), bytes, encoding, cutOff, partOfLine: csv };
        return beginningOf(file, join(folder, `beginning-${index}`), wanted);
      }),
    );
    const lines: Lines = {
      request: { ...looked, files: beginnings.map(({ path }) => path), encoding: undefined },
      whole: files.length === request.files.length && beginnings.every((each) => each.whole),
      open: (paths, work) => withSession(context, paths, work),
    };
    return csv ? await headerOfCsv(lines, folder, context.signal) : await headerOfJsonLines(lines);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function lookedInto(request: HeaderRequest) {
  const step = Math.max(1, request.files.length / LOOKED_INTO);
  const places = Array.from({ length: Math.min(request.files.length, LOOKED_INTO) }, (_, i) => Math.floor(i * step));
  return {
    files: places.flatMap((place) => request.files[place] ?? []),
    labels: places.map((place) => labelOf(request, place)),
  };
}

async function headerOfParquet(session: Session, request: HeaderRequest): Promise<TableHeader> {
  const parts = await readFooters(session, request.files, request.labels ?? request.files);
  const [first] = parts;
  if (!first) throw new UserError('DataInvalid', 'a table has no files');
  const named = (part: typeof first) => ({ label: part.label, names: part.columns.map(({ name }) => name) });
  for (const part of parts) if (part.signature !== first.signature) refuseOtherColumns(named(first), named(part));
  const typeIn = (part: typeof first, name: string) => part.columns.find((column) => column.name === name)?.type;
  const columns = first.columns.map(({ name, type }): HeaderColumn => {
    // Where files differ, the values decide.
    const same = parts.every((part) => typeIn(part, name) === type);
    return { name, type: !same ? null : type === 'JSON' ? 'VARCHAR' : type };
  });
  return declared(request, [...columns, ...ofFolders(request)], true);
}

/** The beginnings of a table's files. */
interface Lines {
  readonly request: HeaderRequest;
  /** They are all of it. */
  readonly whole: boolean;
  open(paths: readonly string[], work: (session: Session) => Promise<TableHeader>): Promise<TableHeader>;
}

async function headerOfCsv({ request, whole, open }: Lines, folder: string, signal: AbortSignal): Promise<TableHeader> {
  const table = await csvTable(request, request.files, folder, signal);
  const paths = table.files.map(({ path }) => path);
  return open(paths, async (session) => {
    const columns = await declaredColumns(session, table);
    // Rows that cannot be read, or a field that is cut in two, say nothing here: the run will read them all.
    const classes = await (columns.length > MOST_TYPED
      ? new Map<string, number>()
      : classesOf(session, columns, fromTable(table)).catch(() => new Map<string, number>()));
    signal.throwIfAborted();
    const typeFound = (found: number | undefined) => {
      if (found === undefined || !(whole || found & surelyText)) return null;
      const type = typeOf(found);
      // Text where it would need too many digits.
      return type === 'DECIMAL' ? null : type;
    };
    return {
      columns: columns.map(({ name, declared }) => ({ name, type: declared?.type ?? typeFound(classes.get(name)) })),
      complete: true,
    };
  });
}

async function headerOfJsonLines({ request, whole, open }: Lines): Promise<TableHeader> {
  const { files } = request;
  return open(files, async (session) => {
    const keys = await session.rows(
      `SELECT k FROM (SELECT k, row_number() OVER () AS place FROM (SELECT unnest(map_keys(json)) AS k FROM ${asEntries(files)})) GROUP BY k ORDER BY min(place)`,
    );
    if (whole && keys.length === 0)
      throw new UserError(
        'DataInvalid',
        `${files.length === 1 ? labelOf(request, 0) : `the ${files.length} files`} has no rows`,
      );
    const columns = keys.map(({ k }): HeaderColumn => ({ name: String(k), type: null }));
    return declared(request, [...columns, ...ofFolders(request)], whole);
  });
}

/** Columns that `name=value` folders make. */
function ofFolders(request: HeaderRequest): HeaderColumn[] {
  if (!request.hivePartitions) return [];
  return partitionsOf(labelOf(request, 0)).map(([name]) => ({ name, type: null }));
}

/** A column whose type is declared is read as that. @throws UserError DataInvalid for one that is not there */
function declared(request: HeaderRequest, columns: readonly HeaderColumn[], complete: boolean): TableHeader {
  const named = new Set(Object.keys(request.types ?? {}).map((name) => name.toLowerCase()));
  for (const given of Object.keys(request.types ?? {}))
    if (complete && !request.absent && !columns.some(({ name }) => name.toLowerCase() === given.toLowerCase()))
      throw new UserError(
        'DataInvalid',
        `types names the column ${given}, which the data has not; it has ${columns.map(({ name }) => name).join(', ')}`,
      );
  const known = columns.map(({ name, type }) => ({ name, type: named.has(name.toLowerCase()) ? null : type }));
  return { columns: known, complete };
}
