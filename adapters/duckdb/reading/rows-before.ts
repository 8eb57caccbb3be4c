/** The rows of a table that are before a time. */

import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { howTimesAreWritten } from '#contracts/reading.ts';
import type { SnapshotRequest } from '#ports/tables.ts';
import type { Session } from '../host/session.ts';
import { identifier, time } from '../sql.ts';
import { asTime, isTime } from '../timestamp.ts';

type Limit = NonNullable<SnapshotRequest['before']>;

/** SQL: the row is before the limit. @throws UserError DataInvalid without such a column of times */
export function before(limit: Limit, columns: readonly Column[]): string {
  const column = timeColumn(limit, columns);
  return `${asTime(identifier(column.name), column.type)} < ${time(limit.time)}`;
}

function timeColumn(limit: Limit, columns: readonly Column[]): Column {
  const column = columns.find(({ name }) => name.toLowerCase() === limit.column.toLowerCase());
  if (!column)
    throw new UserError(
      'DataInvalid',
      `the time column ${limit.column} is missing; the data has ${columns.map(({ name }) => name).join(', ')}`,
    );
  if (!isTime(column.type))
    throw new UserError(
      'DataInvalid',
      `the time column ${column.name} is ${column.type}, not a date or timestamp; ${howTimesAreWritten(column.name)}`,
    );
  return column;
}

/**
 * Why nothing is left of a table.
 * @param label what messages call the table
 * @param from all of its rows, with `columns`; can stand behind FROM
 */
export async function noRows(
  session: Session,
  limit: Limit | undefined,
  label: string,
  from: string,
  columns: readonly Column[],
  what = 'no rows',
): Promise<UserError> {
  if (limit) {
    const column = timeColumn(limit, columns);
    const [row] = await session.rows(
      `SELECT min(t)::VARCHAR AS first FROM (SELECT ${asTime(identifier(column.name), column.type)} AS t FROM ${from})`,
    );
    if (row?.first)
      return new UserError(
        'DataInvalid',
        `${label}: no row has ${limit.column} before ${new Date(limit.time).toISOString()}; the first is at ${row.first} UTC`,
      );
  }
  return new UserError('DataInvalid', `${label} has ${what}`);
}
