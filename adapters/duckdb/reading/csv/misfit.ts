import { UserError } from '#contracts/failures.ts';
import { count, type Session } from '../../host/session.ts';
import { identifier } from '../../sql.ts';
import type { Declared } from './cell-as-type.ts';
import type { Cell } from './cell-class.ts';
import { type CsvTable, fromFiles, membersOf } from './files.ts';

/**
 * Finds the first field that a declared type would change, and refuses it.
 * @throws UserError DataInvalid naming file, line, row, column, value and type
 */
export async function refuseMisfit(
  session: Session,
  { request, files }: CsvTable,
  name: string,
  { field }: Cell,
  { words, option, kept }: Declared,
): Promise<void> {
  for (const file of files.flatMap(membersOf)) {
    const from = fromFiles(request, [file]);
    const [found] = await session.rows(
      `SELECT n, v FROM (SELECT row_number() OVER () AS n, ${field} AS v, NOT (${kept}) AS wrong FROM ${from}) WHERE v IS NOT NULL AND wrong LIMIT 1`,
    );
    if (!found) continue;
    const row = count(found.n);
    const breaks = file.header.names
      .map((each) => `coalesce(strlen(${identifier(each)}) - strlen(replace(${identifier(each)}, chr(10), '')), 0)`)
      .join(' + ');
    const [before] = await session.rows(`SELECT sum(${breaks}) AS n FROM (SELECT * FROM ${from} LIMIT ${row - 1})`);
    const line = file.header.lines + row + count(before?.n);
    const value = String(found.v).slice(0, 80);
    throw new UserError(
      'DataInvalid',
      `${file.label} line ${line} (row ${row}): column ${name} holds "${value}", which is not ${words}; mend the value, add it to missing if it means that there is none, or change ${option}.${name}`,
    );
  }
}
