import { binsOf, CALIBRATION_BINS } from './ece.ts';
import type { BinaryRows } from './rows.ts';

export interface CalibrationBin {
  /** The bin covers probabilities above `from` up to and including `to`; the first one from 0, the last one up to 1. */
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Mean score of the bin's rows. */
  readonly predicted: number;
  /** Share of them that is positive. */
  readonly observed: number;
}

/** Reliability diagram: the ten bins of equal counts that `ece` sums over; empty ones are left out. */
export function calibration({ y, score }: BinaryRows): CalibrationBin[] {
  const bins = binsOf(score);
  const rows = new Float64Array(CALIBRATION_BINS);
  const predicted = new Float64Array(CALIBRATION_BINS);
  const observed = new Float64Array(CALIBRATION_BINS);
  for (let i = 0; i < y.length; i++) {
    const bin = bins.of(score[i] as number);
    rows[bin] = (rows[bin] as number) + 1;
    predicted[bin] = (predicted[bin] as number) + (score[i] as number);
    observed[bin] = (observed[bin] as number) + (y[i] as number);
  }
  return [...rows].flatMap((count, bin) =>
    count === 0
      ? []
      : [
          {
            from: bin === 0 ? 0 : (bins.edges[bin - 1] as number),
            to: bins.edges[bin] ?? 1,
            rows: count,
            predicted: (predicted[bin] as number) / count,
            observed: (observed[bin] as number) / count,
          },
        ],
  );
}

/**
 * The `ece` that perfectly calibrated scores would have on rows like these: the mean absolute deviation of each bin's share
 * by chance, √(2 p(1 − p) / (π n_b)) in the normal limit, weighted by rows.
 */
export function calibrationNoise(bins: readonly Pick<CalibrationBin, 'rows' | 'predicted'>[]): number {
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
  return bins.reduce(
    (sum, { rows: n, predicted: p }) => sum + (n * Math.sqrt((2 * p * (1 - p)) / (Math.PI * n))) / rows,
    0,
  );
}
