/** How a column is cut into cells: by the reference alone, so that what came later cannot choose its own. */

import type { TextColumn } from '#ports/tables.ts';
import { quantile } from '../../statistics/quantile.ts';

export interface Cells {
  readonly names: readonly string[];
  /** Cell of each row; −1: in none. */
  readonly reference: Int32Array;
  readonly analysis: Int32Array;
}

/** Tenths, and the outermost fiftieth on either side: what is wrong only there is a cell of its own. */
const QUANTILES = [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98];
const MOST_CATEGORIES = 20;

const short = (value: number) => String(Number(value.toPrecision(4)));

/** Cells of equal counts of the reference's values; a value that is missing has a cell too. */
export function cellsOfNumbers(reference: Float64Array, analysis: Float64Array): Cells {
  const sorted = reference.filter((value) => !Number.isNaN(value)).sort();
  const edges = [...new Set(QUANTILES.map((q) => quantile(sorted, q)))].filter((edge) => !Number.isNaN(edge));
  const cellOf = (value: number): number => {
    if (Number.isNaN(value)) return edges.length + 1;
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (edges[middle] as number)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const first = edges.length > 0 ? short(edges[0] as number) : '';
  const names = edges.map((edge, at) =>
    at === 0 ? `up to ${first}` : `${short(edges[at - 1] as number)} … ${short(edge)}`,
  );
  return {
    names: [...names, edges.length > 0 ? `above ${short(edges.at(-1) as number)}` : 'all', 'missing'],
    reference: Int32Array.from(reference, cellOf),
    analysis: Int32Array.from(analysis, cellOf),
  };
}

/** The reference's commonest categories, the others together, and what is missing. */
export function cellsOfTexts(reference: TextColumn, analysis: TextColumn): Cells {
  const counts = new Map<string, number>();
  for (const code of reference.codes) {
    const value = reference.values[code];
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const common = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, MOST_CATEGORIES);
  const places = new Map(common.map(([value], at) => [value, at]));
  const coded = ({ codes, values }: TextColumn) => {
    const cellOf = values.map((value) => places.get(value) ?? common.length);
    return Int32Array.from(codes, (code) => (code < 0 ? common.length + 1 : (cellOf[code] as number)));
  };
  return {
    names: [...common.map(([value]) => value), 'others', 'missing'],
    reference: coded(reference),
    analysis: coded(analysis),
  };
}
