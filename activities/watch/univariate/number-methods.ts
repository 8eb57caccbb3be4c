/** How far a chunk of numbers lies from the reference: NannyML's four methods, with its binning. */
import { countIn, evenEdges } from '#measures/statistics/drift/histogram.ts';
import { largestGap } from '#measures/statistics/drift/ks.ts';
import { type Sample, walk } from '#measures/statistics/drift/sample.ts';
import { doaneEdges } from './doane.ts';
import { hellinger, jensenShannon, withLeftover } from './share-distances.ts';

/** From this many rows of the reference on, KS and Wasserstein read bins in place of values. */
const BINNED_FROM = 10_000;
const BINS = 10_000;

/** Fits on the reference; the function gives the distance of a chunk that has rows. */
export type NumberMethod = (reference: Sample) => (chunk: Sample) => number;

export const numberMethods: Readonly<Record<string, NumberMethod>> = {
  kolmogorov_smirnov: (reference) => {
    if (reference.size < BINNED_FROM) return (chunk) => largestGap(reference, chunk);
    const edges = edgesOf(reference);
    const whole = rising(shares(edges, reference));
    return (chunk) => {
      const before = shareBelow(chunk, edges[0] as number);
      const part = rising(shares(edges, chunk));
      return whole.reduce((most, share, at) => Math.max(most, Math.abs(share - before - (part[at] as number))), 0);
    };
  },
  wasserstein: (reference) => {
    if (reference.size < BINNED_FROM) return (chunk) => earthMoved(reference, chunk);
    const edges = edgesOf(reference);
    const whole = rising(shares(edges, reference));
    const width = (edges[1] as number) - (edges[0] as number);
    return (chunk) => {
      const low = beyond(chunk, edges[0] as number, -1);
      const high = beyond(chunk, edges[BINS] as number, 1);
      const part = rising(shares(edges, chunk));
      return (
        whole.reduce((sum, share, at) => sum + Math.abs(share - (part[at] as number) - low.share) * width, 0) +
        low.moved +
        high.moved
      );
    };
  },
  jensen_shannon: binned(jensenShannon),
  hellinger: binned(hellinger),
};

function binned(distance: (p: readonly number[], q: readonly number[]) => number): NumberMethod {
  return (reference) => {
    const edges = doaneEdges(reference);
    const whole = shares(edges, reference);
    return (chunk) => distance(...withLeftover(whole, shares(edges, chunk)));
  };
}

/** numpy's 10,000 equal bins; one value alone lies in the middle of a range of 1. */
function edgesOf({ values }: Sample): Float64Array {
  const first = values[0] as number;
  const last = values.at(-1) as number;
  return first === last ? evenEdges(first - 0.5, last + 0.5, BINS) : evenEdges(first, last, BINS);
}

const shares = (edges: Float64Array, sample: Sample) => countIn(edges, sample).map((count) => count / sample.size);

function rising(values: Float64Array): Float64Array {
  let sum = 0;
  return values.map((value) => {
    sum += value;
    return sum;
  });
}

function shareBelow({ values, counts, size }: Sample, edge: number): number {
  return values.reduce((sum, value, at) => sum + (value < edge ? (counts[at] as number) : 0), 0) / size;
}

/**
 * What lies outside of the reference's range on one side, and how far it has to be moved. As NannyML counts it: the
 * edge itself is one row more, and its share is taken along into the range below.
 */
function beyond({ values, counts, size }: Sample, edge: number, side: 1 | -1): { share: number; moved: number } {
  let rows = 0;
  let distance = 0;
  for (const [at, value] of values.entries()) {
    if ((value - edge) * side <= 0) continue;
    rows += counts[at] as number;
    distance += Math.abs(value - edge) * (counts[at] as number);
  }
  if (rows === 0) return { share: 0, moved: 0 };
  return { share: (rows + 1) / size, moved: distance / size };
}

/** ∫|F − G|. */
function earthMoved(a: Sample, b: Sample): number {
  let sum = 0;
  walk(a, b, (value, next, belowA, belowB) => {
    if (!Number.isNaN(next)) sum += Math.abs(belowA / a.size - belowB / b.size) * (next - value);
  });
  return sum;
}
