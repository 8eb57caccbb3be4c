import type { Column } from '#contracts/data.ts';
import type { Session } from '../host/session.ts';

/** Columns of anything that can stand behind FROM, in order. */
export async function columnsOf(session: Session, from: string): Promise<Column[]> {
  const rows = await session.rows(`DESCRIBE SELECT * FROM ${from}`);
  return rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
}
