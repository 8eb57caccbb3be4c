/** How well the candidate's probabilities fit what happened, each figure with its standard error by the same units as the comparison. */
import { figure } from '#contracts/data.ts';
import type { Evidence } from '#contracts/evidence.ts';
import { calibration, calibrationNoise } from '../statistics/calibration.ts';
import { calibrationLine } from '../statistics/calibration-line.ts';
import { ece } from '../statistics/ece.ts';
import type { Estimate } from '../statistics/jackknife.ts';
import { rowCount } from '../statistics/metric.ts';
import type { Rows } from '../statistics/rows.ts';
import { grouped, singleRows } from '../statistics/units.ts';
import { type Counting, intervalsOf } from './own-errors.ts';

/** Units are left out one by one; more of them in so many random groups of whole ones. */
const GROUPS = 1_000;

/** Null where there are no probabilities of two classes. */
export function calibrationFitOf(rows: Rows, counting: Counting): NonNullable<Evidence['calibrationFit']> | null {
  if (rows.task !== 'binary' || rowCount(rows) === 0) return null;
  const { weights, units, seed } = counting;
  const line = calibrationLine(rows, weights, grouped(units ?? singleRows(rowCount(rows)), GROUPS, seed));
  const error = intervalsOf([ece], rows, counting).ece;
  if (!line || !error) return null;
  const { value, standardError, units: count } = error;
  return {
    slope: told(line.slope),
    intercept: told(line.intercept),
    ece: {
      ...{ value, standardError, ...(count === undefined ? {} : { units: count }) },
      noise: figure(calibrationNoise(calibration(rows))),
    },
  };
}

const told = ({ value, standardError, units }: Estimate) => ({
  value: figure(value),
  standardError: figure(standardError),
  units,
});
