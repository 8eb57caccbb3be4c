import { evenEdges } from '#measures/statistics/drift/histogram.ts';
import { moments, type Sample } from '#measures/statistics/drift/sample.ts';

/**
 * Edges of equal bins by Doane's rule, which is Sturges' with more bins for a skewed sample, as numpy's
 * `histogram_bin_edges(bins='doane')` places them. An empty range is widened by half on either side.
 */
export function doaneEdges(sample: Sample): Float64Array {
  const { values, counts, size } = sample;
  const first = values[0] as number;
  const last = values.at(-1) as number;
  const { mean, squares } = moments(sample);
  const deviation = Math.sqrt(squares / size);
  if (last === first || size <= 2)
    return last === first ? evenEdges(first - 0.5, last + 0.5, 1) : evenEdges(first, last, 1);
  const skew =
    values.reduce((sum, value, at) => sum + ((value - mean) / deviation) ** 3 * (counts[at] as number), 0) / size;
  const spread = Math.sqrt((6 * (size - 2)) / ((size + 1) * (size + 3)));
  const width = (last - first) / (1 + Math.log2(size) + Math.log2(1 + Math.abs(skew) / spread));
  return evenEdges(first, last, Math.ceil((last - first) / width));
}
