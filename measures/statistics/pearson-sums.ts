/** Pearson's r of every pair of many columns in one pass over rows that do not fit into memory. */

/**
 * Sums of products about a centre near the mean, so that they do not cancel; a pair counts the rows where both are known.
 */
export class PearsonSums {
  private readonly centres: readonly number[];
  /** Of i and j, over rows where both are known: their number, and the sums of x_i, x_i² and x_i·x_j. */
  private readonly rows: Float64Array;
  private readonly sum: Float64Array;
  private readonly square: Float64Array;
  private readonly product: Float64Array;

  /** @param centres of the columns: any values near their means */
  constructor(centres: readonly number[]) {
    this.centres = centres;
    const cells = centres.length ** 2;
    [this.rows, this.sum, this.square, this.product] = [0, 1, 2, 3].map(() => new Float64Array(cells)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
  }

  /** @param columns NaN is missing; the arrays are overwritten */
  add(columns: readonly Float64Array[], rows: number): void {
    const gaps = columns.map((column, i) => centred(column, this.centres[i] ?? 0, rows));
    for (const [i, x] of columns.entries())
      for (let j = 0; j <= i; j++) {
        const [y, a, b] = [columns[j] as Float64Array, gaps[i] ?? null, gaps[j] ?? null];
        this.addPair(i, j, x, y, rows, a === null && b === null ? null : known(a, b, rows));
      }
  }

  private addPair(i: number, j: number, x: Float64Array, y: Float64Array, rows: number, both: Uint8Array | null): void {
    const [ij, ji] = [i * this.centres.length + j, j * this.centres.length + i];
    let [n, sx, sy, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
    for (let row = 0; row < rows; row++) {
      if (both !== null && both[row] === 0) continue;
      const [a, b] = [x[row] as number, y[row] as number];
      n++;
      sx += a;
      sy += b;
      xx += a * a;
      yy += b * b;
      xy += a * b;
    }
    const add = (to: Float64Array, at: number, value: number) => {
      to[at] = (to[at] as number) + value;
    };
    add(this.rows, ij, n);
    add(this.sum, ij, sx);
    add(this.square, ij, xx);
    add(this.product, ij, xy);
    if (i === j) return;
    add(this.sum, ji, sy);
    add(this.square, ji, yy);
  }

  /** Null for fewer than two rows or a constant side. */
  correlation(a: number, b: number): number | null {
    const [i, j] = a >= b ? [a, b] : [b, a];
    const [ij, ji] = [i * this.centres.length + j, j * this.centres.length + i];
    const of = (from: Float64Array, at: number) => from[at] as number;
    const n = of(this.rows, ij);
    const xx = of(this.square, ij) - of(this.sum, ij) ** 2 / n;
    const yy = of(this.square, ji) - of(this.sum, ji) ** 2 / n;
    const xy = of(this.product, ij) - (of(this.sum, ij) * of(this.sum, ji)) / n;
    const r = xy / Math.sqrt(xx * yy);
    return n < 2 || !Number.isFinite(r) ? null : Math.max(-1, Math.min(1, r));
  }
}

/** Moves a column to its centre; missing values become 0. Tells which are missing, null when none is. */
function centred(column: Float64Array, centre: number, rows: number): Uint8Array | null {
  let missing: Uint8Array | null = null;
  for (let row = 0; row < rows; row++) {
    const value = (column[row] as number) - centre;
    if (Number.isNaN(value)) {
      missing ??= new Uint8Array(rows);
      missing[row] = 1;
    }
    column[row] = Number.isNaN(value) ? 0 : value;
  }
  return missing;
}

function known(a: Uint8Array | null, b: Uint8Array | null, rows: number): Uint8Array {
  const both = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) both[row] = a?.[row] || b?.[row] ? 0 : 1;
  return both;
}
