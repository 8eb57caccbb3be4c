import type { DriftStatistic } from './method.ts';
import { ExactSum, moments, type Sample } from './sample.ts';

/** The first Wasserstein distance ∫|F − G|, in standard deviations (population) of the reference, which count as 0.001 at least. */
export const wasserstein: DriftStatistic = {
  name: 'wasserstein',
  title: 'Wasserstein distance (normed)',
  measures: 'distance',
  threshold: 0.1,
  driftedWhenEqual: true,
  numbers: (reference, current) => earthMoved(reference, current) / spreadOf(reference),
};

export function spreadOf(sample: Sample): number {
  return Math.max(Math.sqrt(moments(sample).squares / sample.size), 0.001);
}

/** ∫|F − G|. Not by `walk`: this is the test of most columns, and a call for each value would be half of its time. */
function earthMoved(a: Sample, b: Sample): number {
  const { values: x, counts: countsX, size: sizeX } = a;
  const { values: y, counts: countsY, size: sizeY } = b;
  const sum = new ExactSum();
  let [i, j, belowX, belowY] = [0, 0, 0, 0];
  let value = Math.min(x[0]!, y[0]!);
  for (;;) {
    if (i < x.length && x[i] === value) belowX += countsX[i++]!;
    if (j < y.length && y[j] === value) belowY += countsY[j++]!;
    if (i === x.length && j === y.length) return sum.value;
    const next = i === x.length ? y[j]! : j === y.length || x[i]! < y[j]! ? x[i]! : y[j]!;
    sum.add(Math.abs(belowX / sizeX - belowY / sizeY) * (next - value));
    value = next;
  }
}
