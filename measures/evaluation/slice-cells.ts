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

/** Columns that are taken, at most. */
const MOST_COLUMNS = 20;
/** Columns that are read at all: one that turns out to have too many values has cost a scan. */
const MOST_READ = 40;
/** Bytes of columns that are read at once: a scan each is half of the time of a small holdout, all of a large one are too many. */
const READ_AT_ONCE = 256 * 1024 ** 2;

export interface NamedColumn {
  readonly name: string;
  readonly numbers: boolean;
}

/** Cuts the first of these columns that have slices; of each of the others it says why it is left out. */
export async function cutColumns(
  columns: readonly NamedColumn[],
  holdout: string,
  kept: Int32Array,
  read: ReadColumns,
): Promise<{ cut: CutColumn[]; skipped: { column: string; why: string }[] }> {
  const cut: CutColumn[] = [];
  const skipped: { column: string; why: string }[] = [];
  const looked = columns.slice(0, MOST_READ);
  let [at, together] = [0, 1];
  while (at < looked.length && cut.length < MOST_COLUMNS) {
    const some = looked.slice(at, at + Math.min(together, MOST_COLUMNS - cut.length));
    const kinds = Object.fromEntries(some.map(({ name, numbers }) => [name, numbers ? 'number' : 'text'] as const));
    const found = await read(holdout, kinds);
    for (const { name } of some) {
      const cells = found.columns[name] as TextColumn | Float64Array;
      const result = cells instanceof Float64Array ? cutNumbers(name, cells, kept) : cutText(name, cells, kept);
      if (typeof result === 'string') skipped.push({ column: name, why: result });
      else cut.push(result);
    }
    at += some.length;
    // How long the table is, the first one has said.
    together = Math.max(1, Math.floor(READ_AT_ONCE / (Float64Array.BYTES_PER_ELEMENT * Math.max(1, found.rows))));
  }
  const why = `beyond the first ${cut.length === MOST_COLUMNS ? MOST_COLUMNS : MOST_READ}`;
  return { cut, skipped: [...skipped, ...columns.slice(at).map(({ name }) => ({ column: name, why }))] };
}

/** @returns the column, or why it cannot be searched */
function cutText(column: string, { codes, values }: TextColumn, kept: Int32Array): CutColumn | string {
  if (values.length > CATEGORIES) return `more than ${CATEGORIES} values`;
  if (values.some(isFreeText)) return 'free text';
  if (values.length < 2) return 'one value';
  return { column, codes: codesAt(kept, (row) => codes[row] as number), values };
}

function cutNumbers(column: string, numbers: Float64Array, kept: Int32Array): CutColumn | string {
  const known = Float64Array.from(kept, (row) => numbers[row] as number)
    .filter(Number.isFinite)
    .sort();
  const few = distinct(known, FEW_NUMBERS);
  if (few) {
    if (few.length < 2) return 'one value';
    return { column, codes: codesAt(kept, (row) => few.indexOf(numbers[row] as number)), values: few.map(written) };
  }
  const edges = [...new Set(Array.from({ length: BINS - 1 }, (_, at) => quantile(known, (at + 1) / BINS)))];
  const binOf = (value: number): number => {
    if (!Number.isFinite(value)) return -1;
    let bin = 0;
    while (bin < edges.length && value > (edges[bin] as number)) bin++;
    return bin;
  };
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
