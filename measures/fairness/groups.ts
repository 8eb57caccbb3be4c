/** Which group each row is of, by the values of one column or of several together. */
import type { FairnessAttribute } from '#contracts/fairness.ts';
import { attributeColumns } from '#contracts/fairness.ts';
import type { ReadColumns, TextColumn } from '#ports/tables.ts';

/** Longer values are cut: a group is named, not quoted. */
const VALUE_LENGTH = 120;

export interface Groups {
  readonly columns: readonly string[];
  /** By row that counts the number of its group, from 0; −1 where a column has no value. */
  readonly of: Int32Array;
  /** By group: rows, and its values, one a column. */
  readonly rows: Int32Array;
  readonly values: readonly (readonly string[])[];
  readonly missing: number;
}

/** @param kept rows of the holdout that count */
export async function groupsOf(
  attribute: FairnessAttribute,
  holdout: string,
  kept: Int32Array,
  read: ReadColumns,
): Promise<Groups> {
  const columns = attributeColumns(attribute);
  let of = new Int32Array(kept.length);
  let values: (readonly string[])[] = [[]];
  for (const column of columns) {
    const found = await read(holdout, { [column]: 'text' });
    const { codes, values: own } = (found.columns as Record<string, TextColumn>)[column] as TextColumn;
    const joined = together(of, codes, kept, own.length);
    values = joined.pairs.map(([group, code]) => [
      ...(values[group] as readonly string[]),
      (own[code] as string).slice(0, VALUE_LENGTH),
    ]);
    of = joined.of;
  }
  const rows = new Int32Array(values.length);
  let missing = 0;
  for (let at = 0; at < of.length; at++) {
    const group = of[at] as number;
    if (group < 0) missing++;
    else rows[group] = (rows[group] as number) + 1;
  }
  return { columns, of, rows, values, missing };
}

/** Numbers the pairs that there are, in the order in which rows have them: their product may be larger than all rows. */
function together(before: Int32Array, codes: Int32Array, kept: Int32Array, width: number) {
  const number = new Map<number, number>();
  const pairs: [group: number, code: number][] = [];
  const of = new Int32Array(before.length);
  for (let at = 0; at < of.length; at++) {
    const group = before[at] as number;
    const code = codes[kept[at] as number] as number;
    if (group < 0 || code < 0) {
      of[at] = -1;
      continue;
    }
    const both = group * width + code;
    let known = number.get(both);
    if (known === undefined) {
      known = pairs.length;
      number.set(both, known);
      pairs.push([group, code]);
    }
    of[at] = known;
  }
  return { of, pairs };
}
