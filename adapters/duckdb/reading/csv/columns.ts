/** The columns of a CSV table with what its reader was told of them. */
import { UserError } from '#contracts/failures.ts';
import type { Session } from '../../host/session.ts';
import { type Declared, declaredDate, declaredType } from './cell-as-type.ts';
import { type Cell, cellOf } from './cell-class.ts';
import type { CsvTable } from './files.ts';

export interface CsvColumn {
  readonly name: string;
  readonly cell: Cell;
  readonly declared: Declared | null;
}

/** @throws UserError DataInvalid for a column that is not there, InvalidInput for a type or a way of writing dates that is none */
export async function declaredColumns(session: Session, table: CsvTable): Promise<CsvColumn[]> {
  const { types = {}, dates = {}, decimal, absent = false } = table.request;
  const named = new Map(table.names.map((name) => [name.toLowerCase(), name]));
  for (const [option, columns] of Object.entries({ types, dates }))
    for (const column of Object.keys(columns))
      if (!absent && !named.has(column.toLowerCase()))
        throw new UserError(
          'DataInvalid',
          `${option} names the column ${column}, which the data has not; it has ${table.names.join(', ')}`,
        );
  const lower = (of: Readonly<Record<string, string>>) =>
    new Map(Object.entries(of).map(([column, value]) => [column.toLowerCase(), value]));
  const [typeNames, formats] = [lower(types), lower(dates)];
  const columns: CsvColumn[] = [];
  for (const name of table.names) {
    const cell = cellOf(name, decimal);
    const type = typeNames.get(name.toLowerCase());
    const format = formats.get(name.toLowerCase());
    if (format !== undefined && type !== undefined)
      throw new UserError('InvalidInput', `${name} stands in types and in dates: leave it out of one of them`);
    const declared =
      format !== undefined
        ? await declaredDate(session, name, cell, format)
        : type !== undefined
          ? await declaredType(session, name, type, cell)
          : null;
    columns.push({ name, cell, declared });
  }
  return columns;
}
