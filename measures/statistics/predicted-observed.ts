import { descending } from './order.ts';
import type { RegressionRows } from './rows.ts';

export interface PredictedBin {
  readonly rows: number;
  readonly predicted: number;
  readonly observed: number;
}

/** Calibration of a regression: rows by rising prediction in (at most) ten bins of equal size, each with both means. */
export function predictedObserved({ y, predicted }: RegressionRows, bins = 10): PredictedBin[] {
  const order = descending(predicted).reverse();
  const count = Math.min(bins, order.length);
  return Array.from({ length: count }, (_, bin) => {
    const from = Math.floor((bin * order.length) / count);
    const to = Math.floor(((bin + 1) * order.length) / count);
    let sumPredicted = 0;
    let sumObserved = 0;
    for (let at = from; at < to; at++) {
      sumPredicted += predicted[order[at] as number] as number;
      sumObserved += y[order[at] as number] as number;
    }
    return { rows: to - from, predicted: sumPredicted / (to - from), observed: sumObserved / (to - from) };
  });
}
