import { countIn, sturgesEdges } from './histogram.ts';
import type { DriftStatistic } from './method.ts';
import { distinctOfBoth } from './sample.ts';
import { sharesOfCategories } from './shares.ts';

/** Hellinger distance √(1 − Σ√(p·q)). Of numbers: over Sturges' bins of the *distinct* values of both sides. */
export const hellinger: DriftStatistic = {
  name: 'hellinger',
  title: 'Hellinger distance',
  measures: 'distance',
  threshold: 0.1,
  driftedWhenEqual: true,
  numbers: (reference, current) => {
    const first = Math.min(reference.values[0]!, current.values[0]!);
    const last = Math.max(reference.values.at(-1)!, current.values.at(-1)!);
    const distinct = distinctOfBoth(reference, current);
    const edges = sturgesEdges(first, last, distinct, reference.integers && current.integers);
    const bins = edges.length - 1;
    const width = (edges[bins]! - edges[0]!) / bins;
    const [p, q] = [countIn(edges, reference), countIn(edges, current)];
    let overlap = 0;
    for (let i = 0; i < bins; i++) {
      // Densities, as Evidently forms them.
      const binWidth = edges[i + 1]! - edges[i]!;
      overlap += Math.sqrt((p[i]! / binWidth / reference.size) * (q[i]! / binWidth / current.size)) * width;
    }
    return Math.sqrt(1 - Math.min(overlap, 1));
  },
  categories: (counts) => {
    const { reference, current } = sharesOfCategories(counts);
    const overlap = reference.reduce((sum, p, i) => sum + Math.sqrt(p * current[i]!), 0);
    return Math.sqrt(1 - Math.min(overlap, 1));
  },
};
