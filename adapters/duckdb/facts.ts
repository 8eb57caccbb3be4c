import { stat } from 'node:fs/promises';
import type { Column } from '#contracts/data.ts';
import type { TableFacts, TableShape } from '#ports/tables.ts';
import type { Session } from './host/session.ts';
import { md5OfFile } from './md5.ts';
import { openParquet } from './reading/parquet/table.ts';

/** What a reference says of a Parquet file. The row count is read from its footer. */
export async function factsOf(session: Session, file: string): Promise<TableFacts> {
  const shape = await shapeOf(session, [file]);
  const { size } = await stat(file);
  return { rows: shape.rows, bytes: size, md5: await md5OfFile(file), columns: shape.columns };
}

/** Read from the footers alone, unless the files differ. */
export async function shapeOf(session: Session, files: readonly string[]): Promise<TableShape> {
  const { rows, columns } = await openParquet(session, files);
  return { rows, columns };
}
