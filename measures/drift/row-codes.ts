import type { TableScan } from '#ports/tables.ts';
import type { CategoryCounts } from '../statistics/drift/category-counts.ts';

/** More rows than these are not shuffled anyway, more categories are not looked up row by row. */
const MOST_ROWS = 2_000_000;
const MOST_CATEGORIES = 1_000;

/**
 * Each row's place in the list of categories, nulls left out, for both tables; null where a table is not at hand.
 * @param values distinct values: all numbers, or all texts
 */
export async function readCodes(
  reference: TableScan | null,
  current: TableScan,
  column: string,
  values: readonly (string | number)[],
): Promise<CategoryCounts['codes'] | null> {
  if (!reference || values.length > MOST_CATEGORIES || reference.rows + current.rows > MOST_ROWS) return null;
  return {
    reference: await codesOf(reference, column, values),
    current: await codesOf(current, column, values),
  };
}

async function codesOf(scan: TableScan, column: string, values: readonly (string | number)[]): Promise<Int32Array> {
  const codes: number[] = [];
  if (typeof values[0] === 'string') {
    const read = await scan.codes(column, values as readonly string[]);
    return read.filter((code) => code >= 0);
  }
  const places = new Map(values.map((value, index) => [value, index]));
  await scan.numbers([column], ([chunk], rows) => {
    for (let i = 0; i < rows; i++) {
      const code = places.get(chunk![i]! + 0);
      if (code !== undefined) codes.push(code);
    }
  });
  return Int32Array.from(codes);
}
