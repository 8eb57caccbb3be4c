/** Columns of a holdout as a few values each: categories as they are, numbers in bins of about equal counts. */

import type { ReadColumns, TextColumn } from '#ports/tables.ts';
import { quantile } from '../statistics/quantile.ts';
import { isFreeText } from './error-examples.ts';
import { canonicalLabel } from './labels.ts';

export interface CutColumn {
  readonly column: string;
  /** By kept row the place in `values`; NOTHING: no value. */
  readonly codes: Uint8Array;
  readonly values: readonly string[];
}
export const NOTHING = 255;

/** Categories of a column: more are no slices but names. */
const CATEGORIES = 50;
/** As many distinct numbers are taken as categories. */
const FEW_NUMBERS = 8;
const BINS = 4;

/** @returns the column, or why it cannot be searched */
export async function cutText(
  column: string,
  holdout: string,
  kept: Int32Array,
  read: ReadColumns,
): Promise<CutColumn | string> {
  const { codes, values } = (await read(holdout, { [column]: 'text' })).columns[column] as TextColumn;
  if (values.length > CATEGORIES) return `more than ${CATEGORIES} values`;
  if (values.some(isFreeText)) return 'free text';
  if (values.length < 2) return 'one value';
  return { column, codes: codesAt(kept, (row) => codes[row] as number), values };
}

export async function cutNumbers(
  column: string,
  holdout: string,
  kept: Int32Array,
  read: ReadColumns,
): Promise<CutColumn | string> {
  const numbers = (await read(holdout, { [column]: 'number' })).columns[column] as Float64Array;
  const known = Float64Array.from(kept, (row) => numbers[row] as number)
    .filter(Number.isFinite)
    .sort();
  const few = distinct(known, FEW_NUMBERS);
  if (few) {
    if (few.length < 2) return 'one value';
    return { column, codes: codesAt(kept, (row) => few.indexOf(numbers[row] as number)), values: few.map(written) };
  }
  const edges = [...new Set(Array.from({ length: BINS - 1 }, (_, at) => quantile(known, (at + 1) / BINS)))];
  const binOf = (value: number): number => (Number.isFinite(value) ? edges.filter((edge) => value > edge).length : -1);
  const values = [
    `≤ ${written(edges[0] as number)}`,
    ...edges.slice(1).map((edge, at) => `${written(edges[at] as number)} … ${written(edge)}`),
    `> ${written(edges.at(-1) as number)}`,
  ];
  return { column, codes: codesAt(kept, (row) => binOf(numbers[row] as number)), values };
}

function codesAt(kept: Int32Array, codeOf: (row: number) => number): Uint8Array {
  const codes = new Uint8Array(kept.length);
  for (let at = 0; at < kept.length; at++) {
    const code = codeOf(kept[at] as number);
    codes[at] = code < 0 ? NOTHING : code;
  }
  return codes;
}

/** Null: there are more than `most`. */
function distinct(sorted: Float64Array, most: number): number[] | null {
  const found: number[] = [];
  for (const value of sorted) {
    if (found.at(-1) === value) continue;
    if (found.length === most) return null;
    found.push(value);
  }
  return found;
}

const written = (value: number): string => canonicalLabel(String(Number(value.toPrecision(4))));
