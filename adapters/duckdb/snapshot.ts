/** One table's files → one Parquet file, rows in the order of the files; the same rows give the same bytes. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnapshotRequest, TableFacts } from '#activities/ports/tables.ts';
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { csvOptions } from '#contracts/reading.ts';
import { agree } from './agree.ts';
import { snapshotCsv } from './csv/snapshot.ts';
import { plain } from './errors.ts';
import { columnsOf, factsOf } from './facts.ts';
import { snapshotJsonLines } from './json-lines/snapshot.ts';
import type { HostContext, WithSession } from './operations.ts';
import { before, noRows } from './rows-before.ts';
import { count, type Session } from './session.ts';
import { fromOf, labelOf, prepare, type Source, selectList } from './source.ts';
import { identifier, text } from './sql.ts';
import { writeParquet } from './write-parquet.ts';

/** Rows that DuckDB looks at to find the types of a text format. */
const SAMPLE = 20_480;

export async function snapshot(
  request: SnapshotRequest,
  context: HostContext,
  withSession: WithSession,
): Promise<TableFacts> {
  await mkdir(context.settings.folder, { recursive: true });
  const folder = await mkdtemp(join(context.settings.folder, 'unpack-'));
  try {
    refuseOptionsOfCsv(request);
    let source = await prepare(request, folder, context.signal);
    if (request.format === 'csv') return await snapshotCsv(request, source.files, folder, context, withSession);
    return await withSession(context, [...source.files, request.to], async (session) => {
      if (request.format === 'jsonl') return snapshotJsonLines(session, source);
      try {
        if (source.files.length > 1) source = withTypes(source, await agree(session, source));
        const wholeFile = await write(session, source);
        const facts = await factsOf(session, request.to);
        if (facts.rows === 0) {
          const label = source.files.length === 1 ? labelOf(request, 0) : `the ${source.files.length} files`;
          const from = fromOf(source, source.files, wholeFile);
          throw await noRows(session, request.before, label, from, await columnsOf(session, from));
        }
        return facts;
      } catch (error) {
        throw await located(session, source, error);
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What would be ignored is an error. */
function refuseOptionsOfCsv(request: SnapshotRequest): void {
  const option = request.format === 'csv' ? undefined : csvOptions.find((each) => request[each] !== undefined);
  if (option)
    throw new UserError(
      'InvalidInput',
      `${option} says how a CSV is written, and ${labelOf(request, 0)} is ${request.format}: leave it out`,
    );
}

function withTypes(source: Source, types: Record<string, string>): Source {
  return { ...source, request: { ...source.request, types: { ...types, ...source.request.types } } };
}

/**
 * Types come from the first rows; where those do not tell (a value further down does not fit, or a column has none
 * there), from the whole file. So the types are always those of the whole file, at the price of the first rows.
 * @returns whether the whole file was needed
 */
async function write(session: Session, source: Source): Promise<boolean> {
  if (source.request.format === 'parquet') {
    await copy(session, source, false);
    return false;
  }
  try {
    const columns = await copy(session, source, false);
    if (!(await unknownAtTop(session, source, columns))) return false;
  } catch (error) {
    if (!(error instanceof Error) || !/^(Conversion|Invalid Input) Error/.test(error.message)) throw error;
  }
  await copy(session, source, true);
  return true;
}

async function copy(session: Session, source: Source, wholeFile: boolean): Promise<Column[]> {
  const { request } = source;
  const from = fromOf(source, source.files, wholeFile);
  const columns = await columnsOf(session, from);
  for (const column of Object.keys(request.types ?? {}))
    if (!request.absent && !columns.some(({ name }) => name.toLowerCase() === column.toLowerCase()))
      throw new UserError(
        'DataInvalid',
        `types names the column ${column}, which the data has not; it has ${columns.map(({ name }) => name).join(', ')}`,
      );
  const where = request.before ? `WHERE ${before(request.before, columns)}` : '';
  await writeParquet(session, `SELECT ${selectList(source, columns)} FROM ${from} ${where}`, request.to);
  return columns;
}

/** Is there a text column without any value in the first rows? It may be numbers further down. */
async function unknownAtTop(session: Session, source: Source, columns: readonly Column[]): Promise<boolean> {
  const unknown = columns.filter(
    ({ name, type }) => (type === 'VARCHAR' || type === 'JSON') && !source.request.types?.[name],
  );
  if (unknown.length === 0) return false;
  const counts = unknown.map(({ name }, index) => `count(${identifier(name)}) AS c${index}`).join(', ');
  const names = unknown.map(({ name }) => identifier(name)).join(', ');
  const [row] = await session.rows(
    `SELECT count(*) AS n, ${counts} FROM (SELECT ${names} FROM read_parquet(${text(source.request.to)}) LIMIT ${SAMPLE})`,
  );
  return count(row?.n) === SAMPLE && unknown.some((_, index) => count(row?.[`c${index}`]) === 0);
}

/** Puts the file and, where it can be found, the line into an error of reading. */
async function located(session: Session, source: Source, error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || error instanceof UserError || /^(INTERRUPT|Out of Memory)/.test(error.message))
    return error;
  const { request, files } = source;
  if (/No space left/i.test(error.message)) return error;
  const named = files.findIndex((file) => error.message.includes(file));
  const label = labelOf(request, Math.max(named, 0));
  if (
    request.format === 'parquet' &&
    /^(Invalid|Invalid Input|IO|Serialization|Conversion|Not implemented) Error/.test(error.message)
  )
    return new UserError(
      'DataInvalid',
      `${label} is not a whole Parquet file (${plain(error.message).replaceAll(files[Math.max(named, 0)]!, label)}): was it cut off while it was written or copied?`,
    );
  if (/^(Conversion|Invalid Input|IO) Error/.test(error.message))
    return new UserError(
      'DataInvalid',
      `${label}: ${plain(error.message).replaceAll(files[Math.max(named, 0)]!, label)}`,
    );
  return error;
}
