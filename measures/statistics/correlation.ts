import { descending } from './order.ts';

/**
 * Pearson's r over the rows where both are known (NaN is missing); null for fewer than two rows or a constant side.
 * Two passes: sums of squares about the mean do not cancel.
 */
export function pearson(x: Float64Array, y: Float64Array): number | null {
  let n = 0;
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i] as number, y[i] as number];
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    n++;
    meanX += (a - meanX) / n;
    meanY += (b - meanY) / n;
  }
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [(x[i] as number) - meanX, (y[i] as number) - meanY];
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  const r = xy / Math.sqrt(xx * yy);
  return n < 2 || !Number.isFinite(r) ? null : Math.max(-1, Math.min(1, r));
}

/** A column made ready for {@link spearman}: sorted once, ranked once where nothing is missing. */
export interface Ranked {
  readonly values: Float64Array;
  /** Rows from the least value to the greatest, missing ones left out. */
  readonly order: Int32Array;
  /** Null where values are missing: ranks then depend on the other column. */
  readonly ranks: Float64Array | null;
}

export function rankedColumn(values: Float64Array): Ranked {
  const known = values.map((value) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value));
  const rising = descending(known).reverse();
  const order = values.some(Number.isNaN) ? rising.filter((row) => !Number.isNaN(values[row])) : rising;
  return { values, order, ranks: order.length === values.length ? ranks(values, order) : null };
}

/**
 * Spearman's rho: Pearson's r of the ranks, equal values sharing the mean of theirs. Ranks are those among the rows
 * where both are known, as pandas takes them.
 */
export function spearman(x: Ranked, y: Ranked): number | null {
  if (x.ranks && y.ranks) return pearson(x.ranks, y.ranks);
  const among = (column: Ranked, other: Ranked) =>
    ranks(
      column.values,
      column.order.filter((row) => !Number.isNaN(other.values[row])),
    );
  return pearson(among(x, y), among(y, x));
}

/** Ranks from 1 of the rows of `order`; NaN for the others. */
function ranks(values: Float64Array, order: Int32Array): Float64Array {
  const found = new Float64Array(values.length).fill(Number.NaN);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to++;
    for (let at = from; at < to; at++) found[order[at] as number] = (from + 1 + to) / 2;
    from = to;
  }
  return found;
}

/**
 * Cramér's V of two columns of codes (from 0, NaN is missing): √(χ² / n / (min(rows, columns) − 1)) over the values
 * that occur together, without a correction for bias; null where either has one value only.
 */
export function cramerV(
  x: { readonly values: Float64Array; readonly classes: number },
  y: { readonly values: Float64Array; readonly classes: number },
): number | null {
  const cells = new Float64Array(x.classes * y.classes);
  const [byX, byY] = [new Float64Array(x.classes), new Float64Array(y.classes)];
  let n = 0;
  for (let i = 0; i < x.values.length; i++) {
    const [a, b] = [x.values[i] as number, y.values[i] as number];
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    n++;
    const cell = a * y.classes + b;
    cells[cell] = (cells[cell] as number) + 1;
    byX[a] = (byX[a] as number) + 1;
    byY[b] = (byY[b] as number) + 1;
  }
  const met = (counts: Float64Array) => counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  const least = Math.min(met(byX), met(byY)) - 1;
  if (least < 1) return null;
  let chi2 = 0;
  for (let a = 0; a < x.classes; a++)
    for (let b = 0; b < y.classes; b++) {
      const expected = ((byX[a] as number) * (byY[b] as number)) / n;
      if (expected > 0) chi2 += ((cells[a * y.classes + b] as number) - expected) ** 2 / expected;
    }
  return Math.min(1, Math.sqrt(chi2 / n / least));
}
