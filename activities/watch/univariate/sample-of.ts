import type { Sample } from '#measures/statistics/drift/sample.ts';
import { descending } from '#measures/statistics/order.ts';

/** The distinct values of a range of rows, rising, with their counts; NaN is left out. */
export function sampleOf(values: Float64Array): Sample {
  const known = values.filter((value) => !Number.isNaN(value));
  const order = descending(known).reverse();
  const distinct = new Float64Array(known.length);
  const counts = new Uint32Array(known.length);
  let last = -1;
  for (const row of order) {
    const value = known[row] as number;
    if (last < 0 || value !== distinct[last]) distinct[++last] = value;
    counts[last] = (counts[last] as number) + 1;
  }
  return {
    values: distinct.slice(0, last + 1),
    counts: counts.slice(0, last + 1),
    size: known.length,
    integers: false,
  };
}
