/** One table's files → one Parquet file, rows in the order of the files; the same rows give the same bytes. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnapshotRequest, TableFacts } from '#activities/ports/tables.ts';
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { agree } from './agree.ts';
import { conversionOf, csvError } from './csv-error.ts';
import { readCsvHeader } from './csv-header.ts';
import { plain } from './errors.ts';
import { columnsOf, factsOf } from './facts.ts';
import type { HostContext, WithSession } from './operations.ts';
import { count, type Session } from './session.ts';
import { fromOf, labelOf, plainCsv, prepare, type Source, selectList } from './source.ts';
import { identifier, text, time } from './sql.ts';
import { asTime, isTime } from './timestamp.ts';
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
    let source = await prepare(request, folder, context.signal);
    return await withSession(context, [...source.files, request.to], async (session) => {
      try {
        if (source.files.length > 1) source = withTypes(source, await agree(session, source));
        const wholeFile = await write(session, source);
        const facts = await factsOf(session, request.to);
        if (facts.rows === 0) throw await noRows(session, source, wholeFile);
        return facts;
      } catch (error) {
        throw await located(session, source, error);
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
    const conversion = conversionOf(error.message);
    // A type that the author gave is a promise: a value that breaks it is an error, not a reason for another type.
    if (conversion && source.request.types?.[conversion.column]) throw error;
    if (!conversion && source.request.format === 'csv') throw error;
  }
  await copy(session, source, true);
  return true;
}

async function copy(session: Session, source: Source, wholeFile: boolean): Promise<Column[]> {
  const { request } = source;
  const from = fromOf(source, source.files, wholeFile);
  const columns = await columnsOf(session, from);
  for (const column of Object.keys(request.types ?? {}))
    if (!columns.some(({ name }) => name.toLowerCase() === column.toLowerCase()))
      throw new UserError(
        'DataInvalid',
        `types names the column ${column}, which the data has not; it has ${columns.map(({ name }) => name).join(', ')}`,
      );
  const where = request.before ? `WHERE ${before(request.before, columns)}` : '';
  await writeParquet(session, `SELECT ${selectList(source, columns)} FROM ${from} ${where}`, request.to);
  return columns;
}

function before(limit: NonNullable<SnapshotRequest['before']>, columns: readonly Column[]): string {
  const column = columns.find(({ name }) => name.toLowerCase() === limit.column.toLowerCase());
  if (!column)
    throw new UserError(
      'DataInvalid',
      `the time column ${limit.column} is missing; the data has ${columns.map(({ name }) => name).join(', ')}`,
    );
  if (!isTime(column.type))
    throw new UserError(
      'DataInvalid',
      `the time column ${column.name} is ${column.type}, not a date or timestamp; give its values as 2013-01-31 or 2013-01-31T10:00:00Z`,
    );
  return `${asTime(identifier(column.name), column.type)} < ${time(limit.time)}`;
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

async function noRows(session: Session, source: Source, wholeFile: boolean): Promise<UserError> {
  const { before: limit, files } = source.request;
  const label = files.length === 1 ? labelOf(source.request, 0) : `the ${files.length} files`;
  if (limit) {
    const from = fromOf(source, source.files, wholeFile);
    const column = (await columnsOf(session, from)).find(
      ({ name }) => name.toLowerCase() === limit.column.toLowerCase(),
    )!;
    const [row] = await session.rows(
      `SELECT min(t)::VARCHAR AS first FROM (SELECT ${asTime(identifier(column.name), column.type)} AS t FROM ${from})`,
    );
    if (row?.first)
      return new UserError(
        'DataInvalid',
        `${label}: no row has ${limit.column} before ${new Date(limit.time).toISOString()}; the first is at ${row.first} UTC`,
      );
  }
  return new UserError('DataInvalid', `${label} has ${source.header ? 'a header but ' : ''}no rows`);
}

/** Puts the file and, where it can be found, the line into an error of reading. */
async function located(session: Session, source: Source, error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || error instanceof UserError || /^(INTERRUPT|Out of Memory)/.test(error.message))
    return error;
  const { request, files } = source;
  if (/No space left/i.test(error.message)) return error;
  const named = files.findIndex((file) => error.message.includes(file));
  const label = labelOf(request, Math.max(named, 0));
  if (request.format === 'csv') {
    if (!/CSV Error on Line/.test(error.message))
      for (const [index, file] of files.entries()) {
        const { names } = await readCsvHeader(file, labelOf(request, index));
        const found = await session.run(`SELECT count(*) FROM ${plainCsv(source, file, names)}`).then(
          () => null,
          (precise: Error) => precise,
        );
        if (found && /CSV Error on Line/.test(found.message)) return csvError(found, labelOf(request, index));
      }
    return /^(Conversion|Invalid Input) Error/.test(error.message) ? csvError(error, label) : error;
  }
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
