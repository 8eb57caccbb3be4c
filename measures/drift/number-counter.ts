import { type Cells, countByPlace, countSorted, edgeOf, fit, mergeCells } from './cells.ts';
import type { NumberColumn } from './profile/profile.ts';
import { radixSort } from './radix-sort.ts';

/** Values that are sorted at once when they go into cells anyway. */
const BATCH = 1_048_576;

export interface CounterLimits {
  /** Rows that will come at most. */
  readonly rows: number;
  /** Distinct values, or cells, that are kept. */
  readonly most: number;
  /** Width that the cells have at least: that of the grid they will be compared with. */
  readonly step: number;
}

/** Counts the values of one column, chunk after chunk, in space that does not grow beyond the limits. */
export class NumberCounter {
  private readonly batch: Float64Array<ArrayBuffer>;
  private filled = 0;
  private cells: Cells | null = null;
  private nulls = 0;
  private infinite = 0;
  /** All values so far are small whole numbers. */
  private whole = true;
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;
  private readonly limits: CounterLimits;
  private readonly scratch: Float64Array<ArrayBuffer>;

  /** @param scratch room for one batch, which counters may share */
  constructor(limits: CounterLimits, scratch: Float64Array<ArrayBuffer>) {
    this.limits = limits;
    this.scratch = scratch;
    this.batch = new Float64Array(batchSize(limits));
  }

  /** The first `rows` values of the chunk; NaN is null. */
  add(chunk: Float64Array, rows: number): void {
    const { step } = this.limits;
    for (let i = 0; i < rows; i++) {
      const value = chunk[i]!;
      if (value - value !== 0) {
        if (Number.isNaN(value)) this.nulls++;
        else this.infinite++;
        continue;
      }
      if (this.filled === this.batch.length) this.flush(false);
      if (value < this.min) this.min = value;
      if (value > this.max) this.max = value;
      // Below 2^31 only, where a bit operation tells it at once.
      if (this.whole && (value | 0) !== value) this.whole = false;
      // + 0: there is one zero.
      this.batch[this.filled++] = step > 0 ? edgeOf(value, step) : value + 0;
    }
  }

  finish(name: string, type: string, time: boolean): NumberColumn {
    this.flush(true);
    const none = this.cells === null;
    const { step, values, counts } = this.cells ?? {
      step: 0,
      values: new Float64Array(0),
      counts: new Uint32Array(0),
    };
    return {
      ...{ of: 'numbers', name, type, time, nulls: this.nulls, infinite: this.infinite, step, values, counts },
      min: none ? Number.NaN : this.min + 0,
      max: none ? Number.NaN : this.max + 0,
    };
  }

  private flush(last: boolean): void {
    if (this.filled === 0) return;
    // The batch itself becomes the values unless it is needed again.
    const values = last ? this.batch.subarray(0, this.filled) : this.batch.slice(0, this.filled);
    const counted = this.count(values);
    this.cells = this.cells ? mergeCells(this.cells, counted, this.limits.most) : fit(counted, this.limits.most);
    this.filled = 0;
  }

  /** @param values are used up */
  private count(values: Float64Array<ArrayBuffer>): Cells {
    const { step } = this.limits;
    const placed = step > 0 ? countByPlace(values, step, step) : this.whole ? countByPlace(values, 1, 0) : null;
    if (placed) return placed;
    radixSort(values, this.scratch);
    return { ...countSorted(values), step };
  }
}

export function batchSize({ rows, most }: Pick<CounterLimits, 'rows' | 'most'>): number {
  return Number.isFinite(most) ? Math.min(rows, BATCH) : rows;
}
