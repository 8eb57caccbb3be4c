import { stat } from 'node:fs/promises';
import type { TableFacts, TableShape } from '#activities/ports/tables.ts';
import type { Column } from '#contracts/data.ts';
import { md5OfFile } from './md5.ts';
import { count, type Session } from './session.ts';
import { list, text } from './sql.ts';

/** Columns of anything that can stand behind FROM, in order. */
export async function columnsOf(session: Session, from: string): Promise<Column[]> {
  const rows = await session.rows(`DESCRIBE SELECT * FROM ${from}`);
  return rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
}

/** What a reference says of a Parquet file. The row count is read from its footer. */
export async function factsOf(session: Session, file: string): Promise<TableFacts> {
  const from = `read_parquet(${text(file)})`;
  const columns = await columnsOf(session, from);
  const [row] = await session.rows(`SELECT count(*) AS n FROM ${from}`);
  const { size } = await stat(file);
  return { rows: count(row?.n), bytes: size, md5: await md5OfFile(file), columns };
}

/** Read from the footers alone. */
export async function shapeOf(session: Session, files: readonly string[]): Promise<TableShape> {
  const [row] = await session.rows(`SELECT count(*) AS n FROM read_parquet(${list(files)}, union_by_name = true)`);
  return { rows: count(row?.n), columns: await columnsOf(session, `read_parquet(${text(files[0] ?? '')})`) };
}
