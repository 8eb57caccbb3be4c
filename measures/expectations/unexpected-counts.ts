/** How often each unexpected value occurs, in Great Expectations' order. */
import type { Json } from '#contracts/json.ts';
import type { Value } from '#ports/measures.ts';

/**
 * The `most` most frequent rows of values; of equally frequent ones those that occur first. They are told by count, then by
 * value as Python sorts: texts by their code points (JavaScript compares UTF-16 units, where 😀 comes before U+FF21),
 * numbers by size, also where they are written as texts because JavaScript cannot hold them.
 * @param values rows of one value a column
 * @param texts by column, whether it holds texts
 * @returns null where Python has no order: nulls among texts
 */
export function unexpectedCounts(
  values: readonly (readonly Value[])[],
  texts: readonly boolean[],
  most: number,
): { value: Json; count: number }[] | null {
  const found = new Map<string, { row: readonly Value[]; count: number }>();
  for (const row of values) {
    const key = JSON.stringify(row);
    const known = found.get(key);
    if (known) known.count++;
    else found.set(key, { row, count: 1 });
  }
  const listed = [...found.values()].sort((a, b) => b.count - a.count).slice(0, most);
  const kinds = (index: number) => new Set(listed.map(({ row }) => (row[index] === null ? 'null' : typeof row[index])));
  if (listed.length > 1 && values[0]?.some((_, index) => kinds(index).has('null') && kinds(index).has('string')))
    return null;
  listed.sort((a, b) => b.count - a.count || compareRows(a.row, b.row, texts));
  return listed.map(({ row, count }) => ({ value: row.length === 1 ? (row[0] ?? null) : [...row], count }));
}

function compareRows(a: readonly Value[], b: readonly Value[], texts: readonly boolean[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? null;
    if (left === right) continue;
    if (left === null || right === null) return left === null ? -1 : 1;
    const order = texts[index] || !isNumber(left) || !isNumber(right) ? byText(left, right) : bySize(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

const isWhole = (value: Value): value is string => typeof value === 'string' && /^-?\d+$/.test(value);
const isNumber = (value: Value): value is string | number =>
  typeof value === 'number' || (typeof value === 'string' && /^-?(\d+|Infinity)$/.test(value));

function bySize(left: string | number, right: string | number): number {
  if (isWhole(left) && isWhole(right)) return BigInt(left) < BigInt(right) ? -1 : 1;
  return Math.sign(Number(left) - Number(right)) || 0;
}

function byText(left: Value, right: Value): number {
  if (typeof left !== 'string' || typeof right !== 'string') return Number(left) - Number(right);
  const [a, b] = [Array.from(left), Array.from(right)];
  for (const [index, letter] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = (letter.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
