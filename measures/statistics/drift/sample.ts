/**
 * A sample of numbers as its distinct values, rising, and how often each occurs: all that the tests need of it,
 * whatever the order of the rows. A sketch has the middles of its cells for values.
 */
export interface Sample {
  readonly values: Float64Array;
  readonly counts: Uint32Array;
  /** Sum of the counts. */
  readonly size: number;
  /** Whole numbers by type and without nulls: numpy then bins by whole numbers. */
  readonly integers: boolean;
}

/** A sum that keeps what addition loses (Neumaier). */
export class ExactSum {
  private total = 0;
  private lost = 0;
  add(value: number): void {
    const next = this.total + value;
    this.lost += Math.abs(this.total) >= Math.abs(value) ? this.total - next + value : value - next + this.total;
    this.total = next;
  }
  get value(): number {
    return this.total + this.lost;
  }
}

interface Moments {
  readonly mean: number;
  /** Sum of the squared distances from the mean. */
  readonly squares: number;
}
const known = new WeakMap<Sample, Moments>();

/** In two passes; NaN for an empty sample. Kept with the sample: several tests and the report ask. */
export function moments(sample: Sample): Moments {
  const found = known.get(sample) ?? computeMoments(sample);
  known.set(sample, found);
  return found;
}

function computeMoments({ values, counts, size }: Sample): Moments {
  const sum = new ExactSum();
  for (let i = 0; i < values.length; i++) sum.add(values[i]! * counts[i]!);
  const mean = sum.value / size;
  const squares = new ExactSum();
  for (let i = 0; i < values.length; i++) squares.add((values[i]! - mean) ** 2 * counts[i]!);
  return { mean, squares: squares.value };
}

/** Distinct values of both together; stops counting above `limit`. */
export function distinctOfBoth(a: Sample, b: Sample, limit = Number.POSITIVE_INFINITY): number {
  let i = 0;
  let j = 0;
  let distinct = 0;
  while ((i < a.values.length || j < b.values.length) && distinct <= limit) {
    const x = i < a.values.length ? a.values[i]! : Number.POSITIVE_INFINITY;
    const y = j < b.values.length ? b.values[j]! : Number.POSITIVE_INFINITY;
    if (x <= y) i++;
    if (y <= x) j++;
    distinct++;
  }
  return distinct;
}

/**
 * Goes through the values of both in rising order and tells, at each, how many rows of either side are at or below it.
 * `next` is the following value, NaN at the last.
 */
export function walk(
  a: Sample,
  b: Sample,
  visit: (value: number, next: number, belowA: number, belowB: number, atA: number, atB: number) => void,
): void {
  let i = 0;
  let j = 0;
  let belowA = 0;
  let belowB = 0;
  while (i < a.values.length || j < b.values.length) {
    const x = i < a.values.length ? a.values[i]! : Number.POSITIVE_INFINITY;
    const y = j < b.values.length ? b.values[j]! : Number.POSITIVE_INFINITY;
    const value = x <= y ? x : y;
    let atA = 0;
    let atB = 0;
    if (x === value) atA = a.counts[i++]!;
    if (y === value) atB = b.counts[j++]!;
    belowA += atA;
    belowB += atB;
    let next = Number.NaN;
    if (i < a.values.length) next = a.values[i]!;
    if (j < b.values.length && !(next <= b.values[j]!)) next = b.values[j]!;
    visit(value, next, belowA, belowB, atA, atB);
  }
}
