/** Reference and analysis of one problem, as columns. Every column has one entry a row; rows are in time order. */
import type { Side } from './metric.ts';

export interface BinaryColumns {
  /** As the model gave it; NaN: none. */
  readonly score: Float64Array;
  /** 1, 0 or NaN. */
  readonly predicted: Float64Array;
  /** 1, 0 or NaN: not there yet. */
  readonly label: Float64Array;
}
export interface MulticlassColumns {
  /** One array a class, in the order of `classes`. */
  readonly scores: readonly Float64Array[];
  /** Index of the class; NaN: none. */
  readonly predicted: Float64Array;
  readonly label: Float64Array;
}
export interface RegressionColumns {
  readonly predicted: Float64Array;
  readonly label: Float64Array;
}

export type Sides<C> = Readonly<Record<Side, C>>;

/** The rows of `order`, in that order. */
export const reordered = (values: Float64Array, order: Int32Array): Float64Array =>
  Float64Array.from(order, (row) => values[row] as number);

/** How many rows have a value in all columns. */
export function complete(columns: readonly Float64Array[], start: number, stop: number): number {
  let rows = 0;
  for (let row = start; row < stop; row++) if (columns.every((column) => !Number.isNaN(column[row] as number))) rows++;
  return rows;
}

/** The values of `columns` where all of them have one. */
export function paired<const N extends number>(
  columns: readonly Float64Array[] & { readonly length: N },
  start: number,
  stop: number,
): Float64Array[] {
  const rows = complete(columns, start, stop);
  const kept = columns.map(() => new Float64Array(rows));
  let at = 0;
  for (let row = start; row < stop; row++) {
    if (columns.some((column) => Number.isNaN(column[row] as number))) continue;
    for (const [index, column] of columns.entries()) (kept[index] as Float64Array)[at] = column[row] as number;
    at++;
  }
  return kept;
}
