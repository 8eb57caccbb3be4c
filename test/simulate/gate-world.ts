/** Two models on the same rows whose true difference is known: none, or a given one. */

import { normalCdf } from '#measures/statistics/drift/normal-cdf.ts';
import { normalQuantile } from '#measures/statistics/normal-quantile.ts';
import type { BinaryRows, RegressionRows } from '#measures/statistics/rows.ts';

export interface PairOf<R> {
  readonly candidate: R;
  readonly champion: R;
  /** By row the number of its unit. */
  readonly unit: Int32Array;
}

/** Part of a row's noise that both models share: what makes a row hard makes it hard for both. */
const SHARED = 0.5;
/** Distance of the classes in deviations of the score, each way: an AUC of 0.76. */
const DISTANCE = 1;
const POSITIVE = 0.3;

/** AUC of two normal classes that lie `distance` deviations apart. */
const aucAt = (distance: number): number => normalCdf(distance / Math.SQRT2);
/** Right at a threshold in the middle between the classes, whichever class a row is of. */
const accuracyAt = (distance: number): number => normalCdf(distance / 2);

/** How far apart the candidate's classes lie when its metric is better by `gain` than the champion's. */
export function distanceFor(metric: 'roc_auc' | 'accuracy', gain: number): number {
  if (gain === 0) return DISTANCE;
  return metric === 'roc_auc'
    ? normalQuantile(aucAt(DISTANCE) + gain) * Math.SQRT2
    : normalQuantile(accuracyAt(DISTANCE) + gain) * 2;
}

/** What rows of one unit have in common: how much each model is better or worse there, in deviations of the score. */
export interface Dependence {
  readonly units: readonly number[];
  readonly effect: number;
}

/** Scores of two normal classes around 0. Units make each model better here and worse there, neither of them more so. */
export function classified(
  normal: () => number,
  rows: number,
  distance: number,
  hangs?: Dependence,
): PairOf<BinaryRows> {
  const y = new Uint8Array(rows);
  const own = new Float64Array(rows);
  const theirs = new Float64Array(rows);
  const unit = unitNumbers(rows, hangs);
  const [common, apart] = [Math.sqrt(SHARED), Math.sqrt(1 - SHARED)];
  const rare = normalQuantile(POSITIVE);
  const skills = skillsOf(normal, hangs);
  for (let row = 0; row < rows; row++) {
    y[row] = normal() < rare ? 1 : 0;
    const side = y[row] === 1 ? 0.5 : -0.5;
    const shared = common * normal();
    const [a, b] = skills(unit[row] as number);
    own[row] = side * (distance + a) + shared + apart * normal();
    theirs[row] = side * (DISTANCE + b) + shared + apart * normal();
  }
  const rowsOf = (score: Float64Array): BinaryRows => ({ task: 'binary', y, score, threshold: 0 });
  return { candidate: rowsOf(own), champion: rowsOf(theirs), unit };
}

/** Mean absolute error of a standard normal error. */
export const UNIT_MAE = Math.sqrt(2 / Math.PI);

/** Normal errors; the candidate's deviation is `scale` of the champion's 1. */
export function regressed(
  normal: () => number,
  rows: number,
  scale: number,
  hangs?: Dependence,
): PairOf<RegressionRows> {
  const y = new Float64Array(rows);
  const own = new Float64Array(rows);
  const theirs = new Float64Array(rows);
  const unit = unitNumbers(rows, hangs);
  const [common, apart] = [Math.sqrt(SHARED), Math.sqrt(1 - SHARED)];
  const skills = skillsOf(normal, hangs);
  for (let row = 0; row < rows; row++) {
    const shared = common * normal();
    const [a, b] = skills(unit[row] as number);
    own[row] = (shared + apart * normal()) * scale * Math.exp(a / 2);
    theirs[row] = (shared + apart * normal()) * Math.exp(b / 2);
  }
  const rowsOf = (predicted: Float64Array): RegressionRows => ({ task: 'regression', y, predicted });
  return { candidate: rowsOf(own), champion: rowsOf(theirs), unit };
}

/** Rows by unit, in order; each row its own where none hang together. */
function unitNumbers(rows: number, hangs: Dependence | undefined): Int32Array {
  const unit = new Int32Array(rows);
  if (!hangs) return unit.map((_, row) => row);
  let row = 0;
  for (const [number, size] of hangs.units.entries()) {
    unit.fill(number, row, row + size);
    row += size;
  }
  return unit;
}

function skillsOf(normal: () => number, hangs: Dependence | undefined): (unit: number) => readonly [number, number] {
  if (!hangs) return () => [0, 0];
  const drawn = hangs.units.map(() => [hangs.effect * normal(), hangs.effect * normal()] as const);
  return (unit) => drawn[unit] as (typeof drawn)[number];
}

/** Sizes of units that hold `rows` rows: all alike, or with a long tail (each a share of an exponential's quantiles). */
export function sizesOf(units: number, rows: number, alike: boolean): number[] {
  const shares = Array.from({ length: units }, (_, at) => (alike ? 1 : -Math.log(1 - (at + 0.5) / units)));
  const all = shares.reduce((sum, share) => sum + share, 0);
  const sizes = shares.map((share) => Math.max(1, Math.round((share / all) * rows)));
  const over = sizes.reduce((sum, size) => sum + size, 0) - rows;
  sizes[units - 1] = (sizes[units - 1] as number) - over;
  return sizes;
}
