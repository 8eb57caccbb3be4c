/** Files of one table must agree on names and kinds of columns. */

import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { columnsOf } from './facts.ts';
import { count, type Session } from './session.ts';
import { fromOf, labelOf, type Source } from './source.ts';
import { identifier } from './sql.ts';
import { type Family, family } from './value.ts';

const words: Record<Family, string> = {
  number: 'a number',
  text: 'text',
  boolean: 'true or false',
  time: 'a time',
  other: 'something else',
};
const kindOf = (type: string) => (family(type) === 'other' ? type : words[family(type)]);

/**
 * The types of columns that are nothing but nulls in some file take the type that they have elsewhere (CSV calls them text).
 * @throws UserError DataInvalid naming both files and the first column that differs
 */
export async function agree(session: Session, source: Source): Promise<Record<string, string>> {
  const { files, request } = source;
  const [first, ...others] = await Promise.all(files.map((file) => columnsOf(session, fromOf(source, [file], false))));
  const label = (index: number) => labelOf(request, index);
  const mended: Record<string, string> = {};
  for (const [offset, columns] of others.entries()) {
    const index = offset + 1;
    const here = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
    const there = new Set(first!.map((column) => column.name.toLowerCase()));
    const missing = first!.find((column) => !here.has(column.name.toLowerCase()));
    if (missing)
      throw new UserError(
        'DataInvalid',
        `${label(index)} has no column ${missing.name}, which ${label(0)} has; files of one table must have the same columns`,
      );
    const extra = columns.find((column) => !there.has(column.name.toLowerCase()));
    if (extra)
      throw new UserError(
        'DataInvalid',
        `${label(index)} has a column ${extra.name}, which ${label(0)} has not; files of one table must have the same columns`,
      );
    for (const column of first!) {
      const other = here.get(column.name.toLowerCase())!;
      if (kindOf(other.type) === kindOf(column.type) || request.types?.[column.name]) continue;
      const empty = async (file: string, candidate: Column) =>
        request.format === 'csv' &&
        candidate.type === 'VARCHAR' &&
        (await allNull(session, source, file, candidate.name));
      if (await empty(files[index]!, other)) mended[column.name] = column.type;
      else if (await empty(files[0]!, column)) mended[column.name] = other.type;
      else
        throw new UserError(
          'DataInvalid',
          `column ${column.name} is ${kindOf(column.type)} (${column.type}) in ${label(0)} and ${kindOf(other.type)} (${other.type}) in ${label(index)}; files of one table must agree`,
        );
    }
  }
  return mended;
}

async function allNull(session: Session, source: Source, file: string, column: string): Promise<boolean> {
  const [row] = await session.rows(`SELECT count(${identifier(column)}) AS n FROM ${fromOf(source, [file], false)}`);
  return count(row?.n) === 0;
}
