import type { Sample } from './sample.ts';

/** How often each category occurs on either side; both sides in the same order, which is that of the keys. */
export interface CategoryCounts {
  readonly reference: Float64Array;
  readonly current: Float64Array;
  readonly referenceSize: number;
  readonly currentSize: number;
  /** The rows' categories in their order, where they are known: a permutation test then draws what the rows would draw. */
  readonly codes?: { readonly reference: Int32Array; readonly current: Int32Array } | undefined;
}

/** Numbers taken as categories, in rising order. */
export function countsOfNumbers(reference: Sample, current: Sample): CategoryCounts {
  const a: number[] = [];
  const b: number[] = [];
  let i = 0;
  let j = 0;
  while (i < reference.values.length || j < current.values.length) {
    const x = i < reference.values.length ? reference.values[i]! : Number.POSITIVE_INFINITY;
    const y = j < current.values.length ? current.values[j]! : Number.POSITIVE_INFINITY;
    a.push(x <= y ? reference.counts[i++]! : 0);
    b.push(y <= x ? current.counts[j++]! : 0);
  }
  return {
    reference: Float64Array.from(a),
    current: Float64Array.from(b),
    referenceSize: reference.size,
    currentSize: current.size,
  };
}
