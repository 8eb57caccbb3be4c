import { binOf, CALIBRATION_BINS } from './ece.ts';
import type { BinaryRows } from './rows.ts';

export interface CalibrationBin {
  /** The bin covers probabilities from `from` up to `to`, the last one including it. */
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Mean score of the bin's rows. */
  readonly predicted: number;
  /** Share of them that is positive. */
  readonly observed: number;
}

/** Reliability diagram: the ten equal-width bins that `ece` sums over; empty ones are left out. */
export function calibration({ y, score }: BinaryRows): CalibrationBin[] {
  const rows = new Float64Array(CALIBRATION_BINS);
  const predicted = new Float64Array(CALIBRATION_BINS);
  const observed = new Float64Array(CALIBRATION_BINS);
  for (let i = 0; i < y.length; i++) {
    const bin = binOf(score[i] as number, CALIBRATION_BINS);
    rows[bin] = (rows[bin] as number) + 1;
    predicted[bin] = (predicted[bin] as number) + (score[i] as number);
    observed[bin] = (observed[bin] as number) + (y[i] as number);
  }
  return [...rows].flatMap((count, bin) =>
    count === 0
      ? []
      : [
          {
            from: bin / CALIBRATION_BINS,
            to: (bin + 1) / CALIBRATION_BINS,
            rows: count,
            predicted: (predicted[bin] as number) / count,
            observed: (observed[bin] as number) / count,
          },
        ],
  );
}
