import type { Sample } from './sample.ts';

/**
 * Edges of equal bins from `first` to `last` by Sturges' rule, as numpy's `histogram_bin_edges(bins='sturges')` places
 * them: whole numbers get no bin narrower than 1, and an empty range is widened by half on either side.
 * @param size number of values that the rule counts
 */
export function sturgesEdges(first: number, last: number, size: number, integers: boolean): Float64Array {
  const range = last - first;
  let width = range / (Math.log2(size) + 1);
  if (width !== 0 && integers && width < 1) width = 1;
  const bins = width === 0 ? 1 : Math.ceil(range / width);
  return range === 0 ? evenEdges(first - 0.5, last + 0.5, bins) : evenEdges(first, last, bins);
}

/** numpy's `linspace`. */
export function evenEdges(first: number, last: number, bins: number): Float64Array {
  const step = (last - first) / bins;
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => i * step + first);
  edges[bins] = last;
  return edges;
}

/** Rows in each bin [left, right); the last bin holds its right edge. What lies outside is not counted. */
export function countIn(edges: Float64Array, { values, counts }: Sample): Float64Array {
  const bins = edges.length - 1;
  const found = new Float64Array(bins);
  let bin = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < edges[0]! || value > edges[bins]!) continue;
    while (bin < bins - 1 && value >= edges[bin + 1]!) bin++;
    found[bin]! += counts[i]!;
  }
  return found;
}
