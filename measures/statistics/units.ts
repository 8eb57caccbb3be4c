/** Which rows hang together: days, stretches of time, customers. Units are independent of each other, the rows of one are not. */

import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface Units {
  /** By row the number of its unit, from 0. */
  readonly of: Int32Array;
  /** Numbers below this; a unit may be without a row. */
  readonly count: number;
}

/** Numbered from 0 in the order of the numbers given, without gaps; one below 0 stands for nothing, and such a row is a unit of its own. */
export function unitsOf(numbers: ArrayLike<number>): Units {
  const seen = new Set<number>();
  for (let row = 0; row < numbers.length; row++) if ((numbers[row] as number) >= 0) seen.add(numbers[row] as number);
  const number = new Map([...seen].sort((a, b) => a - b).map((value, at) => [value, at]));
  let count = number.size;
  const of = new Int32Array(numbers.length);
  for (let row = 0; row < of.length; row++) of[row] = number.get(numbers[row] as number) ?? count++;
  return { of, count };
}

/** Every row its own. */
export function singleRows(rows: number): Units {
  const of = new Int32Array(rows);
  for (let row = 0; row < rows; row++) of[row] = row;
  return { of, count: rows };
}

/**
 * Blocks of `length` rows that follow each other in `order`. What is left at the end joins the last block when it is less
 * than half of one.
 */
export function blocksOf(order: Int32Array, length: number): Units {
  const count = order.length === 0 ? 0 : Math.max(1, Math.round(order.length / length));
  const of = new Int32Array(order.length);
  for (let rank = 0; rank < order.length; rank++)
    of[order[rank] as number] = Math.min(count - 1, Math.floor(rank / length));
  return { of, count };
}

/** The units of the rows at `index`, without those that have none there. */
export function unitsAt({ of }: Units, index: Int32Array): Units {
  const there = new Int32Array(index.length);
  for (let at = 0; at < index.length; at++) there[at] = of[index[at] as number] as number;
  return unitsOf(there);
}

/**
 * At most `most` groups of whole units, dealt at random so that their numbers differ by one at most: groups of independent
 * units are independent and alike, and so few of them are left out one by one in little time.
 */
export function grouped(units: Units, most: number, seed: number): Units {
  if (units.count <= most) return units;
  const random = xoroshiro128plus(seed);
  const dealt = new Int32Array(units.count);
  for (let unit = 0; unit < units.count; unit++) dealt[unit] = unit % most;
  // Fisher and Yates's shuffle.
  for (let unit = units.count - 1; unit > 0; unit--) {
    const other = Math.floor(((random.next() >>> 0) / 0x1_0000_0000) * (unit + 1));
    [dealt[unit], dealt[other]] = [dealt[other] as number, dealt[unit] as number];
  }
  return { of: units.of.map((unit) => dealt[unit] as number), count: most };
}

/** Rows by unit: those of unit u are `rows[starts[u]]` up to, without, `rows[starts[u + 1]]`. */
export function membersOf({ of, count }: Units): { readonly starts: Int32Array; readonly rows: Int32Array } {
  const starts = new Int32Array(count + 1);
  for (let row = 0; row < of.length; row++) {
    const next = (of[row] as number) + 1;
    starts[next] = (starts[next] as number) + 1;
  }
  for (let unit = 0; unit < count; unit++) starts[unit + 1] = (starts[unit + 1] as number) + (starts[unit] as number);
  const at = starts.slice(0, count);
  const rows = new Int32Array(of.length);
  for (let row = 0; row < of.length; row++) {
    const unit = of[row] as number;
    rows[at[unit] as number] = row;
    at[unit] = (at[unit] as number) + 1;
  }
  return { starts, rows };
}
