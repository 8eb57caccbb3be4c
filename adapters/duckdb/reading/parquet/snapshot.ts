/** One table's Parquet files → one Parquet file. */

import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { SnapshotRequest, TableFacts } from '#ports/tables.ts';
import { plain } from '../../errors.ts';
import { factsOf } from '../../facts.ts';
import { count, type Session } from '../../host/session.ts';
import { identifier } from '../../sql.ts';
import { family } from '../../value.ts';
import { declaredType } from '../csv/cell-as-type.ts';
import { cellOf } from '../csv/cell-class.ts';
import { partitionsOf } from '../csv/partitions.ts';
import { before, noRows } from '../rows-before.ts';
import { labelOf, type Source } from '../source.ts';
import { writeParquet } from '../write-parquet.ts';
import { openParquet, type ParquetTable } from './table.ts';

export async function snapshotParquet(session: Session, source: Source): Promise<TableFacts> {
  try {
    return await write(session, source);
  } catch (error) {
    throw located(source, error);
  }
}

async function write(session: Session, { files, request }: Source): Promise<TableFacts> {
  const labels = files.map((_, index) => labelOf(request, index));
  const folders = request.hivePartitions ? labels.map(partitionsOf) : undefined;
  const table = await openParquet(session, files, { labels, folders });
  const casts = await declarations(session, request, table);
  const columns = table.columns.map(({ name, type }) => ({ name, type: casts.get(name)?.type ?? type }));
  const select = columns.map(({ name }) => `${casts.get(name)?.value ?? identifier(name)} AS ${identifier(name)}`);
  const from = `(SELECT ${select.join(', ')} FROM ${table.from})`;
  const where = request.before ? `WHERE ${before(request.before, columns)}` : '';
  await writeParquet(session, `SELECT * FROM ${from} ${where}`, request.to, files.length === 1);
  const facts = await factsOf(session, request.to);
  const label = files.length === 1 ? labels[0] : `the ${files.length} files`;
  if (facts.rows === 0) throw await noRows(session, request.before, label ?? '', from, columns);
  return facts;
}

interface Cast {
  readonly type: string;
  readonly value: string;
}

/** @throws UserError DataInvalid for the first value that a declared type would change */
async function declarations(
  session: Session,
  request: SnapshotRequest,
  table: ParquetTable,
): Promise<Map<string, Cast>> {
  const casts = new Map<string, Cast>();
  for (const [given, wanted] of Object.entries(request.types ?? {})) {
    const column = table.columns.find(({ name }) => name.toLowerCase() === given.toLowerCase());
    if (!column && request.absent) continue;
    if (!column)
      throw new UserError(
        'DataInvalid',
        `types names the column ${given}, which the data has not; it has ${table.columns.map(({ name }) => name).join(', ')}`,
      );
    const text = await declaredType(session, given, wanted, cellOf(column.name));
    if (text.type === column.type) continue;
    const read = column.type === 'VARCHAR' ? text : valueAs(column, text.type);
    const [row] = await session.rows(
      `SELECT n, CAST(v AS VARCHAR) AS v FROM (SELECT row_number() OVER () AS n, ${identifier(column.name)} AS v, NOT (${read.kept}) AS wrong FROM ${table.from}) WHERE v IS NOT NULL AND wrong LIMIT 1`,
    );
    if (row)
      throw new UserError(
        'DataInvalid',
        `${request.files.length === 1 ? `${labelOf(request, 0)} ` : ''}row ${count(row.n)}: column ${column.name} holds "${String(row.v).slice(0, 80)}" (${column.type}), which is not ${text.type}; mend the value, or change types.${given}`,
      );
    casts.set(column.name, { type: text.type, value: read.value });
  }
  return casts;
}

/** As another type that gives the value back; of a fraction, the nearest that a floating type has. */
function valueAs({ name, type }: Column, wanted: string): { value: string; kept: string } {
  const column = identifier(name);
  const value = `TRY_CAST(${column} AS ${wanted})`;
  const same = `TRY_CAST(${value} AS ${type}) IS NOT DISTINCT FROM ${column}`;
  const fraction = family(type) === 'number' && /^(FLOAT|DOUBLE)$/.test(wanted) && /^(DOUBLE|DECIMAL.*)$/.test(type);
  return {
    value,
    kept: fraction ? `(${same} OR (isfinite(${value}) AND ${column} <> trunc(${column})))` : same,
  };
}

/** Names the file in an error of reading. */
function located({ request, files }: Source, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError || /No space left/i.test(error.message)) return error;
  if (!/^(Invalid|Invalid Input|IO|Serialization|Conversion|Not implemented) Error/.test(error.message)) return error;
  const index = Math.max(
    files.findIndex((file) => error.message.includes(file)),
    0,
  );
  const label = labelOf(request, index);
  return new UserError(
    'DataInvalid',
    `${label} is not a whole Parquet file (${plain(error.message).replaceAll(files[index] ?? '', label)}): was it cut off while it was written or copied?`,
  );
}
