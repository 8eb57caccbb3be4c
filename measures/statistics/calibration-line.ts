/** Whether probabilities are right on the whole, and right at both ends: a line through them on the logit scale. */
import type { Estimate } from './jackknife.ts';
import type { BinaryRows } from './rows.ts';
import type { Units } from './units.ts';

/** Probabilities nearer to 0 and 1 count as this near: their logit would be infinite. */
const NEAREST = 1e-6;
/** A dozen are enough; classes that a line separates have no maximum to arrive at. */
const MOST_STEPS = 30;

export interface CalibrationLine {
  /** 1 is calibrated; less: the probabilities are too extreme, more: too timid. */
  readonly slope: Estimate;
  /** Calibration in the large, by a slope of 1: 0 is calibrated; above, positives are more frequent than predicted. */
  readonly intercept: Estimate;
}

/**
 * logit P(y = 1) = a + b · logit(p), by maximum likelihood (Cox 1958): the slope is b, the intercept a where b is held at 1 (Van Calster et
 * al. 2019, BMC Medicine 17:230). Standard errors by leaving units out one by one, each by one Newton step: CV3L of MacKinnon,
 * Nielsen & Webb (2024), as {@link jackknife} does with all of them.
 *
 * @param weights one a row; null: all count the same
 * @returns null where a score is no probability; NaN where there is one class only, or a line separates them
 */
export function calibrationLine(
  { y, score }: BinaryRows,
  weights: Float64Array | null,
  units: Units,
): CalibrationLine | null {
  if (score.some((p) => p < 0 || p > 1)) return null;
  const x = score.map((p) => {
    const inside = Math.min(1 - NEAREST, Math.max(NEAREST, p));
    return Math.log(inside / (1 - inside));
  });
  const weightOf = (row: number) => (weights ? (weights[row] as number) : 1);
  return {
    slope: fit(x, y, weightOf, units, true),
    intercept: fit(x, y, weightOf, units, false),
  };
}

/** Score (gradient) and information of a and b over the rows of one unit, one after the other: 5 numbers. */
const NUMBERS = 5;

/** The slope, or with a slope of 1 the intercept. */
function fit(
  x: Float64Array,
  y: Uint8Array,
  weightOf: (row: number) => number,
  units: Units,
  sloped: boolean,
): Estimate {
  let [a, b, done] = [0, 1, false];
  let sums = sumsOf(x, y, weightOf, units, a, b);
  for (let step = 0; step < MOST_STEPS && !done; step++) {
    const [da, db] = newton(totalOf(sums), sloped);
    a += da;
    b += db;
    sums = sumsOf(x, y, weightOf, units, a, b);
    done = Math.abs(da) + Math.abs(db) < 1e-11 * (1 + Math.abs(a) + Math.abs(b));
  }
  return estimateOf(done ? (sloped ? b : a) : Number.NaN, sums, x.length, weightOf, units, sloped);
}

function estimateOf(
  value: number,
  sums: Float64Array,
  rows: number,
  weightOf: (row: number) => number,
  units: Units,
  sloped: boolean,
): Estimate {
  const total = totalOf(sums);
  const sizes = new Float64Array(units.count);
  for (let row = 0; row < rows; row++)
    sizes[units.of[row] as number] = (sizes[units.of[row] as number] as number) + weightOf(row);
  let [count, squares, all, heavy] = [0, 0, 0, 0];
  for (let unit = 0; unit < units.count; unit++) {
    const size = sizes[unit] as number;
    if (size === 0) continue;
    count++;
    all += size;
    heavy += size ** 2;
    const without = total.map((sum, at) => sum - (sums[unit * NUMBERS + at] as number));
    squares += newton(without, sloped)[sloped ? 1 : 0] ** 2;
  }
  const standardError = count < 2 || Number.isNaN(value) ? Number.NaN : Math.sqrt(((count - 1) / count) * squares);
  return { value, standardError, units: count, freedom: all ** 2 / heavy - 1 };
}

/** The step to the maximum from there. */
function newton([ga, gb, haa, hab, hbb]: ArrayLike<number> & Iterable<number>, sloped: boolean): [number, number] {
  if (!sloped) return [(ga as number) / (haa as number), 0];
  const determinant = (haa as number) * (hbb as number) - (hab as number) ** 2;
  return [
    ((hbb as number) * (ga as number) - (hab as number) * (gb as number)) / determinant,
    ((haa as number) * (gb as number) - (hab as number) * (ga as number)) / determinant,
  ];
}

function totalOf(sums: Float64Array): Float64Array {
  const total = new Float64Array(NUMBERS);
  for (let at = 0; at < sums.length; at++) total[at % NUMBERS] = (total[at % NUMBERS] as number) + (sums[at] as number);
  return total;
}

function sumsOf(
  x: Float64Array,
  y: Uint8Array,
  weightOf: (row: number) => number,
  { of, count }: Units,
  a: number,
  b: number,
): Float64Array {
  const sums = new Float64Array(count * NUMBERS);
  for (let row = 0; row < x.length; row++) {
    const at = (of[row] as number) * NUMBERS;
    const weight = weightOf(row);
    const logit = x[row] as number;
    const p = 1 / (1 + Math.exp(-(a + b * logit)));
    const [gap, information] = [weight * ((y[row] as number) - p), weight * p * (1 - p)];
    sums[at] = (sums[at] as number) + gap;
    sums[at + 1] = (sums[at + 1] as number) + gap * logit;
    sums[at + 2] = (sums[at + 2] as number) + information;
    sums[at + 3] = (sums[at + 3] as number) + information * logit;
    sums[at + 4] = (sums[at + 4] as number) + information * logit * logit;
  }
  return sums;
}
