/** One table's JSON lines → one Parquet file. Lines of one kind are read once; else once for what their values are, and once for the values. */

import { UserError } from '#contracts/failures.ts';
import type { SnapshotRequest, TableFacts } from '#ports/tables.ts';
import { factsOf } from '../../facts.ts';
import { columnsOf } from '../../featurize/described.ts';
import { count, type Session } from '../../host/session.ts';
import { identifier } from '../../sql.ts';
import { asDeclared, type Declared, declaredType, misfit } from '../csv/cell-as-type.ts';
import { cellOf } from '../csv/cell-class.ts';
import { partitionsOf } from '../csv/partitions.ts';
import { typeOfFolder } from '../parquet/table.ts';
import { before, noRows } from '../rows-before.ts';
import { labelOf, type Source } from '../source.ts';
import { writeParquet } from '../write-parquet.ts';
import { type JsonColumn, jsonColumns } from './columns.ts';
import { located } from './error.ts';
import { rebuiltRows } from './rebuilt.ts';
import { asColumns } from './scan.ts';

export async function snapshotJsonLines(session: Session, source: Source): Promise<TableFacts> {
  const { request, files } = source;
  const plain = !request.hivePartitions && Object.keys(request.types ?? {}).length === 0;
  const unlessMisfit = (error: Error) => (error.message.includes(misfit.found) ? null : Promise.reject(error));
  try {
    const rows = plain && (await rebuiltRows(session, files));
    const written = rows && (await writeRows(session, source, rows).catch(unlessMisfit));
    return written || (await write(session, source, false).catch(unlessMisfit)) || (await write(session, source, true));
  } catch (error) {
    throw await located(source, error);
  }
}

async function write(session: Session, source: Source, checked: boolean): Promise<TableFacts> {
  const { request, files } = source;
  const label = files.length === 1 ? labelOf(request, 0) : `the ${files.length} files`;
  const found = await jsonColumns(session, source, checked);
  if (found.length === 0) throw new UserError('DataInvalid', `${label} has no rows`);
  const declared = await declarations(session, request, found);
  const columns = found.map((column, index): JsonColumn => {
    const as = declared.get(column.name);
    if (!as) return column;
    return { ...column, readAs: 'VARCHAR', value: asDeclared(cellOf(column.name), index, as) };
  });
  const folders = request.hivePartitions ? files.map((_, index) => partitionsOf(labelOf(request, index))) : [];
  const added = (folders[0] ?? []).map(([name], place) => {
    if (columns.some((column) => column.name.toLowerCase() === name.toLowerCase()))
      throw new UserError(
        'DataInvalid',
        `${labelOf(request, 0)} has a key ${name}, and so has its path; read it without hivePartitions`,
      );
    const type = typeOfFolder(folders.map((each) => each[place]?.[1] ?? ''));
    return { name, value: `CAST(${identifier(name)} AS ${type})` };
  });
  const select = [...columns, ...added].map(({ name, value }) => `${value} AS ${identifier(name)}`).join(', ');
  const from = `(SELECT ${select} FROM ${asColumns(files, columns, folders)})`;
  return writeRows(session, source, from).catch(async (error: Error) => {
    const index = error.message.includes(misfit.declared)
      ? Number(error.message.split(misfit.declared)[1]?.match(/^\d+/)?.[0])
      : -1;
    const column = columns[index];
    const as = column && declared.get(column.name);
    if (as) await refuseMisfit(session, source, column.name, as);
    throw error;
  });
}

/** @param from all rows, as something that can stand behind FROM */
async function writeRows(session: Session, { request, files }: Source, from: string): Promise<TableFacts> {
  const described = await columnsOf(session, from);
  const where = request.before ? `WHERE ${before(request.before, described)}` : '';
  // Most of the time goes into parsing: all threads do it, although the rows are copied once more then.
  await writeParquet(session, `SELECT * FROM ${from} ${where}`, request.to);
  const facts = await factsOf(session, request.to);
  const label = files.length === 1 ? labelOf(request, 0) : `the ${files.length} files`;
  if (facts.rows === 0) throw await noRows(session, request.before, label, from, described);
  return facts;
}

async function declarations(
  session: Session,
  request: SnapshotRequest,
  columns: readonly JsonColumn[],
): Promise<Map<string, Declared>> {
  const declared = new Map<string, Declared>();
  for (const [given, type] of Object.entries(request.types ?? {})) {
    const column = columns.find(({ name }) => name.toLowerCase() === given.toLowerCase());
    if (!column && request.absent) continue;
    if (!column)
      throw new UserError(
        'DataInvalid',
        `types names the column ${given}, which the data has not; it has ${columns.map(({ name }) => name).join(', ')}`,
      );
    declared.set(column.name, await declaredType(session, given, type, cellOf(column.name)));
  }
  return declared;
}

/** The first value that a declared type would change. */
async function refuseMisfit(session: Session, { request, files }: Source, name: string, { words, kept }: Declared) {
  const { field } = cellOf(name);
  for (const [index, file] of files.entries()) {
    const [row] = await session.rows(
      `SELECT n, v FROM (SELECT row_number() OVER () AS n, ${field} AS v, NOT (${kept}) AS wrong FROM ${asColumns([file], [{ name, readAs: 'VARCHAR' }])}) WHERE v IS NOT NULL AND wrong LIMIT 1`,
    );
    if (row)
      throw new UserError(
        'DataInvalid',
        `${labelOf(request, index)} row ${count(row.n)}: column ${name} holds "${String(row.v).slice(0, 80)}", which is not ${words}; mend the value, or change types.${name}`,
      );
  }
}
