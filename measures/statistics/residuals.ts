import { descending } from './order.ts';
import { quantile } from './quantile.ts';
import type { RegressionRows } from './rows.ts';

const BINS = 30;
const GROUPS = 10;

/** Prediction − label: a histogram (its outer bins also hold what lies far out), mean, deviation (n − 1), and quartiles by rising prediction. */
export function residuals({ y, predicted }: RegressionRows) {
  const all = y.map((label, i) => (predicted[i] as number) - label);
  const sorted = all.slice().sort();
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const squares = all.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const [low, high] = [quantile(sorted, 0.005), quantile(sorted, 0.995)];
  const [from, to] = high > low ? [low, high] : [low - 0.5, low + 0.5];
  const edges = Array.from({ length: BINS + 1 }, (_, i) => from + ((to - from) * i) / BINS);
  const counts = new Array<number>(BINS).fill(0);
  for (const value of all) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(((value - from) / (to - from)) * BINS)));
    counts[bin] = (counts[bin] as number) + 1;
  }
  const std = all.length > 1 ? Math.sqrt(squares / (all.length - 1)) : null;
  return { edges, counts, mean, std, byPrediction: byPrediction(all, predicted) };
}

function byPrediction(all: Float64Array, predicted: Float64Array) {
  const order = descending(predicted).reverse();
  const groups = Math.min(GROUPS, order.length);
  return Array.from({ length: groups }, (_, group) => {
    const rows = order.subarray(
      Math.floor((group * order.length) / groups),
      Math.floor(((group + 1) * order.length) / groups),
    );
    const values = Float64Array.from(rows, (row) => all[row] as number).sort();
    const sum = rows.reduce((total, row) => total + (predicted[row] as number), 0);
    return {
      rows: rows.length,
      predicted: sum / rows.length,
      q25: quantile(values, 0.25),
      q50: quantile(values, 0.5),
      q75: quantile(values, 0.75),
    };
  });
}
