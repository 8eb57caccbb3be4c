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
 * Types for columns that are nothing but nulls in some file, which CSV calls text: what they are in the other files.
 * @throws UserError DataInvalid naming both files and the first column that differs
 */
export async function agree(session: Session, source: Source): Promise<Record<string, string>> {
  const { files, request } = source;
  const shapes = await Promise.all(files.map((file) => columnsOf(session, fromOf(source, [file], false))));
  const [first = []] = shapes;
  for (const [index, columns] of shapes.entries())
    sameNames(first, columns, labelOf(request, 0), labelOf(request, index));

  const types: Record<string, string> = {};
  for (const { name } of first) {
    const found = shapes.map((columns, index) => ({
      index,
      type: columns.find((each) => same(each.name, name))?.type ?? '',
    }));
    const differs = () => found.find(({ type }) => kindOf(type) !== kindOf(found[0]?.type ?? ''));
    if (request.types?.[name] || !differs()) continue;
    const filled: typeof found = [];
    for (const each of found)
      if (
        request.format !== 'csv' ||
        each.type !== 'VARCHAR' ||
        (await hasValues(session, source, files[each.index] ?? '', name))
      )
        filled.push(each);
    const [one, ...others] = filled;
    const other = others.find(({ type }) => kindOf(type) !== kindOf(one?.type ?? ''));
    if (one && other) {
      const words = ({ type, index }: typeof one) => `${kindOf(type)} (${type}) in ${labelOf(request, index)}`;
      throw new UserError(
        'DataInvalid',
        `column ${name} is ${words(one)} and ${words(other)}; files of one table must agree`,
      );
    }
    // A column of whole numbers here and of fractions there is one of fractions.
    if (one)
      types[name] = others.every(({ type }) => type === one.type)
        ? one.type
        : (found.find(({ type }) => type === 'DOUBLE')?.type ?? one.type);
  }
  return types;
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function sameNames(first: readonly Column[], columns: readonly Column[], there: string, here: string): void {
  const advice = 'files of one table must have the same columns';
  const missing = first.find(({ name }) => !columns.some((column) => same(column.name, name)));
  if (missing)
    throw new UserError('DataInvalid', `${here} has no column ${missing.name}, which ${there} has; ${advice}`);
  const extra = columns.find(({ name }) => !first.some((column) => same(column.name, name)));
  if (extra)
    throw new UserError('DataInvalid', `${here} has a column ${extra.name}, which ${there} has not; ${advice}`);
}

async function hasValues(session: Session, source: Source, file: string, column: string): Promise<boolean> {
  const [row] = await session.rows(`SELECT count(${identifier(column)}) AS n FROM ${fromOf(source, [file], false)}`);
  return count(row?.n) > 0;
}
