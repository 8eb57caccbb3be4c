/**
 * Distinct numbers with their counts, and the same in cells of equal width where they are too many. Widths are powers of
 * two and cells begin at multiples of them, so that a coarser grid is made of whole cells of a finer one: the grid of two
 * tables together is the same whether their rows or their grids are put together.
 */

export interface Cells {
  /** Width; 0: the values themselves. */
  readonly step: number;
  readonly values: Float64Array;
  readonly counts: Uint32Array;
}

/** @param sorted rising; becomes the values of the result */
export function countSorted(sorted: Float64Array<ArrayBuffer>): Cells {
  const counts = new Uint32Array(sorted.length);
  let last = -1;
  for (let i = 0; i < sorted.length; i++) {
    if (last < 0 || sorted[i] !== sorted[last]) sorted[++last] = sorted[i]!;
    counts[last]!++;
  }
  return kept({ step: 0, values: sorted, counts }, last + 1);
}

/**
 * Counts multiples of `unit` by place instead of sorting them; null when they lie too far apart for that.
 * @param step of the result: `unit`, or 0 for whole numbers that are values themselves
 */
export function countByPlace(values: Float64Array, unit: number, step: number): Cells | null {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    if (values[i]! < min) min = values[i]!;
    if (values[i]! > max) max = values[i]!;
  }
  const first = min / unit;
  const places = max / unit - first + 1;
  if (!(places <= 4 * values.length + 1_024)) return null;
  const found = new Uint32Array(places);
  let distinct = 0;
  for (let i = 0; i < values.length; i++) if (found[values[i]! / unit - first]!++ === 0) distinct++;
  const cells = { step, values: new Float64Array(distinct), counts: new Uint32Array(distinct) };
  for (let place = 0, n = 0; place < places; place++)
    if (found[place]! > 0) {
      cells.values[n] = (first + place) * unit;
      cells.counts[n++] = found[place]!;
    }
  return cells;
}

/** From here on every double is a multiple of the unit. */
const ALL_WHOLE = 2 ** 53;

/** The lower edge of the cell that holds the value; cells begin at multiples of `step`. */
export function edgeOf(value: number, step: number): number {
  const quotient = value / step;
  if (!(Math.abs(quotient) < ALL_WHOLE)) return value;
  const cell = Math.floor(quotient);
  // A quotient too small for a double is 0, and lies below it nevertheless. + 0: there is one zero.
  return (cell === 0 && value < 0 ? -1 : cell) * step + 0;
}

/** The same counts in cells of `step`, which is a multiple of the present width. */
export function coarsen(cells: Cells, step: number): Cells {
  if (step === cells.step) return cells;
  const values = new Float64Array(cells.values.length);
  const counts = new Uint32Array(cells.values.length);
  let last = -1;
  for (let i = 0; i < cells.values.length; i++) {
    const edge = edgeOf(cells.values[i]!, step);
    if (last < 0 || edge !== values[last]) values[++last] = edge;
    counts[last]! += cells.counts[i]!;
  }
  return kept({ step, values, counts }, last + 1);
}

/** Powers of two that a double can be. */
const LEAST_EXPONENT = -1_074;
const MOST_EXPONENT = 1_023;

/** The least width with which there are no more than `most` cells, which are four at least. */
export function fit(cells: Cells, most: number): Cells {
  if (cells.values.length <= most) return cells;
  const [first, last] = [cells.values[0]!, cells.values.at(-1)!];
  const least = cells.step > 0 ? Math.log2(cells.step) + 1 : LEAST_EXPONENT;
  // With this one even a range without a gap has no more cells than that; from here downwards.
  const enough = exponentOf(last / (most - 1) - first / (most - 1)) + 1;
  let high = Math.min(Math.max(least, enough), MOST_EXPONENT);
  while (high > least && fits(cells.values, 2 ** (high - 1), most)) high--;
  return coarsen(cells, 2 ** high);
}

/** Both together, in cells of the wider grid, refitted. */
export function mergeCells(a: Cells, b: Cells, most: number): Cells {
  const step = Math.max(a.step, b.step);
  const [x, y] = [coarsen(a, step), coarsen(b, step)];
  const values = new Float64Array(x.values.length + y.values.length);
  const counts = new Uint32Array(values.length);
  let [i, j, n] = [0, 0, 0];
  while (i < x.values.length || j < y.values.length) {
    const left = i < x.values.length ? x.values[i]! : Number.POSITIVE_INFINITY;
    const right = j < y.values.length ? y.values[j]! : Number.POSITIVE_INFINITY;
    values[n] = left <= right ? left : right;
    if (left <= right) counts[n]! += x.counts[i++]!;
    if (right <= left) counts[n]! += y.counts[j++]!;
    n++;
  }
  return fit(kept({ step, values, counts }, n), most);
}

function fits(values: Float64Array, step: number, most: number): boolean {
  let cells = 0;
  let last = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    const edge = edgeOf(values[i]!, step);
    if (edge === last) continue;
    last = edge;
    if (++cells > most) return false;
  }
  return true;
}

/** e with 2^e ≤ value < 2^(e+1). */
function exponentOf(value: number): number {
  const guess = Math.floor(Math.log2(value));
  return 2 ** guess > value ? guess - 1 : guess;
}

/** Copies when most of the space would lie idle. */
function kept({ step, values, counts }: Cells, length: number): Cells {
  return length * 2 < values.length
    ? { step, values: values.slice(0, length), counts: counts.slice(0, length) }
    : { step, values: values.subarray(0, length), counts: counts.subarray(0, length) };
}
