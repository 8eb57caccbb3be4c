import { descending } from './order.ts';

/** Scores that are nearer than this are one point: scikit-learn's resolution of a double. */
const RESOLUTION = 1e-15;

/**
 * The rising step function nearest to (x, y) in squares, by pooling adjacent violators (Best & Chakravarti 1990), as a
 * function of x: linear between its points, constant outside of them. As scikit-learn's
 * `IsotonicRegression(out_of_bounds='clip')`. NaN gives NaN.
 * @param x no NaN, at least one
 */
export function isotonic(x: Float64Array, y: ArrayLike<number>): (value: number) => number {
  const points = unique(x, y);
  pool(points.y, points.weight);
  const [xs, ys] = corners(points.x, points.y);
  const last = xs.length - 1;
  return (value) => {
    if (Number.isNaN(value)) return Number.NaN;
    if (value <= (xs[0] as number)) return ys[0] as number;
    if (value >= (xs[last] as number)) return ys[last] as number;
    const at = segment(xs, value);
    const low = xs[at] as number;
    const slope = ((ys[at + 1] as number) - (ys[at] as number)) / ((xs[at + 1] as number) - low);
    return slope * (value - low) + (ys[at] as number);
  };
}

/** Ascending x, each once, with the mean of its y and their number. */
function unique(x: Float64Array, y: ArrayLike<number>) {
  const order = descending(x).reverse();
  const points = { x: [] as number[], y: [] as number[], weight: [] as number[] };
  let sum = 0;
  let weight = 0;
  let current = Number.NaN;
  const close = () => {
    if (weight === 0) return;
    points.x.push(current);
    points.y.push(sum / weight);
    points.weight.push(weight);
  };
  for (const row of order) {
    const value = x[row] as number;
    if (weight > 0 && value - current < RESOLUTION) {
      sum += y[row] as number;
      weight += 1;
      continue;
    }
    close();
    current = value;
    sum = y[row] as number;
    weight = 1;
  }
  close();
  return points;
}

/** Makes `y` rise: neighbours that fall become their weighted mean. In place. */
function pool(y: number[], weight: readonly number[]): void {
  const means: number[] = [];
  const weights: number[] = [];
  const sizes: number[] = [];
  for (const [at, value] of y.entries()) {
    let mean = value;
    let mass = weight[at] as number;
    let size = 1;
    while (means.length > 0 && (means.at(-1) as number) >= mean) {
      const before = weights.pop() as number;
      mean = ((means.pop() as number) * before + mean * mass) / (before + mass);
      mass += before;
      size += sizes.pop() as number;
    }
    means.push(mean);
    weights.push(mass);
    sizes.push(size);
  }
  let at = 0;
  for (const [block, size] of sizes.entries()) for (let i = 0; i < size; i++) y[at++] = means[block] as number;
}

/** Without the points inside of a step. */
function corners(x: readonly number[], y: readonly number[]): [Float64Array, Float64Array] {
  const kept = x
    .map((_, at) => at)
    .filter((at) => {
      const inside = at > 0 && at < y.length - 1;
      return !inside || y[at] !== y[at - 1] || y[at] !== y[at + 1];
    });
  return [Float64Array.from(kept, (at) => x[at] as number), Float64Array.from(kept, (at) => y[at] as number)];
}

/** The last index whose x is not above `value`. */
function segment(xs: Float64Array, value: number): number {
  let low = 0;
  let high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((xs[middle] as number) <= value) low = middle;
    else high = middle;
  }
  return low;
}
