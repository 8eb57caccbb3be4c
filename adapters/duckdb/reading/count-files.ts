/** What each of a table's files holds, all of them read at once: rows, the time of the last one, and a digest of the rows. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { CountRequest, FileCount, SourceRequest } from '#ports/tables.ts';
import { count, type Session } from '../host/session.ts';
import type { HostContext, WithSession } from '../host/with-session.ts';
import { identifier } from '../sql.ts';
import { asTime } from '../timestamp.ts';
import { family } from '../value.ts';
import { numberOf } from './columns.ts';
import { csvTable, fromFiles, PATH } from './csv/files.ts';
import { asEntries } from './json-lines/scan.ts';
import { readFooters } from './parquet/footers.ts';
import { openParquet, PLACE_IN_FILE } from './parquet/table.ts';
import { snapshot } from './snapshot.ts';
import { labelOf, prepare } from './source.ts';

/**
 * Types are those of all files together, as in a snapshot of them.
 * @throws UserError DataInvalid where one of them cannot be read, or the files are not one table
 */
export async function countFiles(
  request: CountRequest,
  context: HostContext,
  withSession: WithSession,
): Promise<readonly FileCount[]> {
  const { time, ...source } = request;
  await mkdir(context.settings.folder, { recursive: true });
  const folder = await mkdtemp(join(context.settings.folder, 'count-'));
  const to = join(folder, 'rows.parquet');
  try {
    const { columns, rows } = await snapshot({ ...source, to }, context, withSession);
    // Of one file its rows are known.
    const each = request.files.length === 1 ? [rows] : await rowsOfEach(source, folder, context, withSession);
    const all = each.reduce((sum, some) => sum + some, 0);
    if (all !== rows)
      throw new UserError(
        'DataInvalid',
        `the files had ${rows} rows, and then ${all}: one of them changed while it was read`,
      );
    return await withSession(context, [to], (session) => factsOfEach(session, to, columns, each, time ?? null));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** In the order of the files. */
async function rowsOfEach(
  request: SourceRequest,
  folder: string,
  context: HostContext,
  withSession: WithSession,
): Promise<number[]> {
  const { files } = await prepare({ ...request, to: '' }, folder, context.signal);
  if (request.format === 'parquet')
    return withSession(context, files, async (session) => {
      const labels = files.map((_, index) => labelOf(request, index));
      return (await readFooters(session, files, labels)).map(({ rows }) => rows);
    });
  const csv = request.format === 'csv' ? await csvTable(request, files, folder, context.signal) : null;
  const paths = csv ? csv.files.map(({ path }) => path) : files;
  const from = csv ? fromFiles(request, csv.files, { paths: true }) : asEntries(files, PATH);
  const found = await withSession(context, paths, (session) =>
    session.rows(`SELECT ${PATH} AS path, count(*) AS n FROM ${from} GROUP BY path`),
  );
  const rows = new Map(found.map(({ path, n }) => [String(path), count(n)]));
  const times = new Map<string, number>();
  for (const path of paths) times.set(path, (times.get(path) ?? 0) + 1);
  // The same bytes under two names may be one file here.
  return paths.map((path) => (rows.get(path) ?? 0) / (times.get(path) ?? 1));
}

async function factsOfEach(
  session: Session,
  file: string,
  columns: readonly Column[],
  rows: readonly number[],
  time: string | null,
): Promise<FileCount[]> {
  const timed = columns.find(({ name }) => name === time);
  if (time !== null && !timed)
    throw new UserError(
      'DataInvalid',
      `there is no column ${time}; the table has ${columns.map(({ name }) => name).join(', ')}`,
    );
  const value = timed ? numberOf(timed.name, timed.type) : `'NaN'::DOUBLE`;
  // As text that does not depend on what the other files hold: 1 is 1 beside 0.5, too.
  const texts = columns.map((column) => `coalesce(${textOf(column)}, chr(30))`).join(', ');
  const { withPlaces } = await openParquet(session, [file]);
  let before = 0;
  const starts = rows.flatMap((some, index) => {
    const start = before;
    before += some;
    return some > 0 ? [[index, start] as const] : [];
  });
  const found = await session.rows(`
    SELECT file, max(t) FILTER (WHERE NOT isnan(t)) AS last, sum(md5_number_lower(r))::VARCHAR AS low, sum(md5_number_upper(r))::VARCHAR AS high
    FROM (SELECT ${PLACE_IN_FILE} AS n, ${value} AS t, concat_ws(chr(31), ${texts}) AS r FROM ${withPlaces}) AS made
    ASOF JOIN (SELECT unnest([${starts.map(([index]) => index).join(', ')}]) AS file, unnest([${starts.map(([, start]) => start).join(', ')}]) AS start) AS begun ON made.n >= begun.start
    GROUP BY file`);
  const byFile = new Map(found.map((row) => [count(row.file), row]));
  const names = JSON.stringify(columns.map(({ name }) => name));
  return rows.map((some, index) => {
    const row = byFile.get(index);
    const digest = createHash('sha256').update(`${names} ${some} ${row?.low} ${row?.high}`).digest('hex').slice(0, 32);
    return { rows: some, last: typeof row?.last === 'number' ? row.last : null, digest: `rows:${digest}` };
  });
}

/** Integers up to it are DOUBLEs of their own: 2^53. */
const EXACT = 2 ** 53;

function textOf({ name, type }: Column): string {
  const column = identifier(name);
  switch (family(type)) {
    case 'number': {
      const float = `CAST(CAST(${column} AS DOUBLE) AS VARCHAR)`;
      // Beyond these a DOUBLE is the same for several integers, and no column has such beside fractions.
      return /INT/.test(type)
        ? `CASE WHEN ${column} BETWEEN -${EXACT} AND ${EXACT} THEN ${float} ELSE CAST(${column} AS VARCHAR) END`
        : float;
    }
    case 'time':
      return `CAST(epoch_us(${asTime(column, type)}) AS VARCHAR)`;
    default:
      return `CAST(${column} AS VARCHAR)`;
  }
}
