/** Labels that came later, in a table of their own, brought to the rows that they belong to. */

import { UserError } from '#contracts/failures.ts';
import type { ReadColumns, TextColumn } from '#ports/tables.ts';
import { numbersOrNull, type TableFile, texts } from './read-columns.ts';

export interface Joined {
  /** Row of the targets for each row of the analysis; −1 where none has come. */
  readonly rows: Int32Array;
  /** Rows of the targets that no row of the analysis asks for. */
  readonly unused: number;
}

/** @throws UserError DataInvalid when an id has two labels, or none matches at all */
export async function joinLabels(
  read: ReadColumns,
  analysis: TableFile,
  targets: TableFile,
  id: string,
): Promise<Joined> {
  const [wanted, given] = await keys(read, analysis, targets, id);
  const rowOf = new Map<string | number, number>();
  for (const [row, key] of given.entries()) {
    if (key === null) continue;
    if (rowOf.has(key))
      throw new UserError('DataInvalid', `${targets.name} has two labels for ${id} ${key}: keep one of them`);
    rowOf.set(key, row);
  }
  const rows = Int32Array.from(wanted, (key) => (key === null ? -1 : (rowOf.get(key) ?? -1)));
  const matched = new Set(rows.filter((row) => row >= 0)).size;
  if (matched === 0 && given.length > 0)
    throw new UserError(
      'DataInvalid',
      `no ${id} of ${targets.name} occurs in ${analysis.name}: there ${id} is ${wanted[0] ?? 'null'}, here ${given[0] ?? 'null'}`,
    );
  return { rows, unused: rowOf.size - matched };
}

type Keys = readonly (string | number | null)[];

/** As numbers when both sides are and a double holds them exactly, otherwise as texts. */
async function keys(read: ReadColumns, analysis: TableFile, targets: TableFile, id: string): Promise<[Keys, Keys]> {
  const [wanted, given] = [await numbersOrNull(read, analysis, id), await numbersOrNull(read, targets, id)];
  const exact = (values: Float64Array) => values.every((value) => !(Math.abs(value) > Number.MAX_SAFE_INTEGER));
  if (wanted && given && exact(wanted) && exact(given)) return [ofNumbers(wanted), ofNumbers(given)];
  return [ofTexts(await texts(read, analysis, id)), ofTexts(await texts(read, targets, id))];
}

const ofNumbers = (values: Float64Array): Keys => Array.from(values, (value) => (Number.isNaN(value) ? null : value));
const ofTexts = ({ codes, values }: TextColumn): Keys => Array.from(codes, (code) => values[code] ?? null);
