/** Rows that a database gave as CSV → Parquet. */
import { UserError } from '#contracts/failures.ts';
import type { QueryTables } from '#ports/queries.ts';
import type { TableFacts } from '#ports/tables.ts';
import { plain } from '../errors.ts';
import { factsOf } from '../facts.ts';
import { count, type Session } from '../host/session.ts';
import { writeParquet } from '../reading/write-parquet.ts';
import { identifier, text } from '../sql.ts';

/** Bytes of one row, at most: what is longer is no feature. A buffer holds some of them. */
const LONGEST_ROW = 8 * 1024 * 1024;
const BUFFER = 4 * LONGEST_ROW;

type Request = Parameters<QueryTables['copied']>[0];

export async function copied(session: Session, { file, columns, label, to }: Request): Promise<TableFacts> {
  const types = columns.map(({ name, type }) => `${text(name)}: ${text(type)}`);
  const rows = `read_csv(${text(file)}, columns = {${types.join(', ')}}, header = false, auto_detect = false, delim = ',',
    quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, parallel = false, max_line_size = ${LONGEST_ROW}, buffer_size = ${BUFFER})`;
  const names = columns.map(({ name }) => identifier(name));
  try {
    await writeParquet(session, `SELECT ${names.join(', ')} FROM ${rows} ORDER BY ALL`, to);
  } catch (error) {
    if (error instanceof Error && /^(Invalid Input|Conversion) Error/.test(error.message))
      throw new UserError('DataInvalid', `${label}: ${plain(error.message).replaceAll(file, label).slice(0, 600)}`);
    throw error;
  }
  return withRows(session, to, label);
}

/** @throws UserError DataInvalid when there is none: nothing can be learned or served of it */
export async function withRows(session: Session, to: string, label: string): Promise<TableFacts> {
  const facts = await factsOf(session, to);
  if (count(facts.rows) === 0) throw new UserError('DataInvalid', `${label} gives no rows`);
  return facts;
}
