/** One table's CSV files → one Parquet file. */

import { UserError } from '#contracts/failures.ts';
import type { SnapshotRequest, TableFacts } from '#ports/tables.ts';
import { factsOf } from '../../facts.ts';
import type { Session } from '../../host/session.ts';
import type { HostContext, WithSession } from '../../host/with-session.ts';
import { text } from '../../sql.ts';
import { before, noRows } from '../rows-before.ts';
import { writeParquet } from '../write-parquet.ts';
import { csvError } from './error.ts';
import { type CsvFile, type CsvTable, csvTable, fromFiles, membersOf } from './files.ts';
import { notesOf } from './notes.ts';
import { packed } from './packs.ts';
import { readCsv } from './table.ts';

/**
 * @param files of the request, unpacked
 * @param folder for copies; the caller removes it
 */
export async function snapshotCsv(
  request: SnapshotRequest,
  files: readonly string[],
  folder: string,
  context: HostContext,
  withSession: WithSession,
): Promise<TableFacts> {
  const given = await csvTable(request, files, folder, context.signal);
  const table = await packed(given, folder, context.signal);
  const paths = new Set([...table.files, ...given.files].map(({ path }) => path));
  return withSession(context, [...paths, request.to], async (session) => {
    try {
      const rows = await readCsv(session, table, ({ columns, from }) => {
        const where = request.before ? `WHERE ${before(request.before, columns)}` : '';
        return writeParquet(session, `SELECT * FROM ${from} ${where}`, request.to, files.length === 1);
      });
      const facts = await factsOf(session, request.to);
      if (facts.rows > 0)
        return { ...facts, notes: await notesOf(session, table, rows, `read_parquet(${text(request.to)})`) };
      const label = files.length === 1 ? (table.files[0] as CsvFile).label : `the ${files.length} files`;
      throw await noRows(session, request.before, label, rows.from, rows.columns, 'a header but no rows');
    } catch (error) {
      throw await located(session, table, error);
    }
  });
}

/** Puts the file and the line into an error of reading: DuckDB does not name the file of several. */
async function located(session: Session, { request, files }: CsvTable, error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  if (/^(INTERRUPT|Out of Memory)|No space left/i.test(error.message)) return error;
  if (!/^(Conversion|Invalid Input) Error/.test(error.message)) return error;
  const named = files.find(({ path }) => error.message.includes(path));
  if (named && !named.members) return csvError(error, named.label, named.shift);
  const fails = (some: readonly CsvFile[]) =>
    session.run(`SELECT count(COLUMNS(*)) FROM ${fromFiles(request, some)}`).then(
      () => null,
      (found: Error) => found,
    );
  for (const file of named ? [named] : files) {
    let some = membersOf(file);
    let precise = await fails(some);
    // Of many the first that fails, by halves.
    while (precise && some.length > 1) {
      const half = some.slice(0, Math.ceil(some.length / 2));
      const first = await fails(half);
      some = first ? half : some.slice(half.length);
      precise = first ?? (await fails(some));
    }
    const [only] = some;
    if (precise && only) return csvError(precise, only.label, only.shift);
  }
  return error;
}
