import { MersenneTwister } from './mersenne-twister.ts';
import { type DriftStatistic, NotTestable } from './method.ts';
import type { Sample } from './sample.ts';

const PERMUTATIONS = 100;
/** The kernel has a cell for each pair of rows. */
const MOST_ROWS = 4_000;

/**
 * p-value of the maximum mean discrepancy with a Gaussian kernel, whose width is the median distance within the
 * reference, by 100 permutations. Evidently draws them without a seed, so that its value is another at every call.
 */
export const maximumMeanDiscrepancy: DriftStatistic = {
  name: 'empirical_mmd',
  title: 'empirical_mmd',
  measures: 'p_value',
  threshold: 0.1,
  driftedWhenEqual: false,
  numbers: (reference, current) => {
    const [n, total] = [reference.size, reference.size + current.size];
    if (total > MOST_ROWS)
      throw new NotTestable(
        `empirical_mmd compares each pair of rows, and ${total.toLocaleString('en-US')} are too many (most: ${MOST_ROWS.toLocaleString('en-US')}): use ed, the energy distance`,
      );
    if (n < 2 || total - n < 2) throw new NotTestable('empirical_mmd needs two values on either side');
    const values = new Float64Array([...rows(reference), ...rows(current)]);
    const gamma = 1 / medianSquare(values.subarray(0, n));
    const kernel = new Float64Array(total * total);
    for (let i = 0; i < total; i++)
      for (let j = 0; j < total; j++)
        kernel[i * total + j] = i === j ? 0 : Math.exp(-gamma * (values[i]! - values[j]!) ** 2);
    const order = Int32Array.from({ length: total }, (_, i) => i);
    const observed = discrepancy(kernel, order, n);
    const random = new MersenneTwister(0);
    let asFar = 0;
    for (let round = 0; round < PERMUTATIONS; round++) {
      random.shuffle(order);
      if (discrepancy(kernel, order, n) >= observed) asFar++;
    }
    return asFar / PERMUTATIONS;
  },
};

function* rows({ values, counts }: Sample): Generator<number> {
  for (const [i, value] of values.entries()) for (let k = 0; k < counts[i]!; k++) yield value;
}

/** Median of the squared distances of all pairs, an observed one; 1 where it is 0, or as good as. */
function medianSquare(values: Float64Array): number {
  const squares = new Float64Array(values.length ** 2);
  for (let i = 0; i < values.length; i++)
    for (let j = 0; j < values.length; j++) squares[i * values.length + j] = (values[i]! - values[j]!) ** 2;
  const median = squares.sort()[Math.round((squares.length - 1) / 2)]!;
  return Number.isFinite(1 / median) ? median : 1;
}

/** The first n of `order` are one side. */
function discrepancy(kernel: Float64Array, order: Int32Array, n: number): number {
  const total = order.length;
  const m = total - n;
  let [within, across, other] = [0, 0, 0];
  for (let i = 0; i < total; i++) {
    const row = order[i]! * total;
    for (let j = 0; j < i; j++) {
      const value = kernel[row + order[j]!]!;
      if (i < n) within += value;
      else if (j >= n) other += value;
      else across += value;
    }
  }
  return (2 * within) / (n * (n - 1)) + (2 * other) / (m * (m - 1)) - (2 * across) / (n * m);
}
