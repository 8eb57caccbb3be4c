/**
 * Are the residuals of one cell what they were? A two-sample test on residuals given X: in each cell of a column, the
 * mean residual of the analysis against the reference's own (so that scores which were never calibrated within a cell are
 * compared with themselves), and how the residual goes with the score. Differences of independent rows are close to
 * normal; a cell with too little to expect is left out, as the rule of five does for chi-square (Cochran 1954).
 */

import erfc from '@stdlib/math-base-special-erfc';
import { chiSquareTail } from '#activities/statistics/drift/chi-square-tail.ts';
import type { ConceptCell, ConceptTest } from '#contracts/concept.ts';
import type { Cells } from './cells.ts';

/** One side: a row each that has a label and a score. */
export interface ResidualRows {
  /** Truth less what was expected of the row. */
  readonly residual: Float64Array;
  /** What the model said: probability or prediction. */
  readonly score: Float64Array;
  /** Variance that the residual is expected to have, p(1 − p) of an event; null where only the rows themselves tell. */
  readonly variance: Float64Array | null;
}
export type Residuals = Readonly<Record<'reference' | 'analysis', ResidualRows>>;

const LEAST_ROWS = 30;
/** Expected events and non-events of a cell, together: Σ p(1 − p). */
const LEAST_VARIANCE = 5;
/** A slope needs more: its summands are products. */
const LEAST_SLOPE_ROWS = 50;
const WORST = 3;

interface Sums {
  rows: number;
  residual: number;
  squares: number;
  expected: number;
  score: number;
  scoreSquares: number;
  product: number;
  productSquares: number;
}

/**
 * @param deviation of one row's residual over the whole reference
 * @param spread by how much the reference's own chunks stray more than independent rows would; 1: not at all
 * @returns null when no cell has rows enough on both sides
 */
export function compareCells(
  column: string | null,
  cells: Cells,
  residuals: Residuals,
  deviation: number,
  spread: number,
): ConceptTest | null {
  const count = cells.names.length;
  const first = { reference: sums(count), analysis: sums(count) };
  for (const side of ['reference', 'analysis'] as const) addLevels(first[side], cells[side], residuals[side]);
  // The slope's origin is the reference's, on both sides.
  const centre = first.reference.map(({ rows, score, scoreSquares }) => {
    const mean = score / rows;
    return { mean, deviation: Math.sqrt(Math.max(0, scoreSquares / rows - mean * mean)) };
  });
  for (const side of ['reference', 'analysis'] as const) addSlopes(first[side], cells[side], residuals[side], centre);

  const differences: ConceptCell[] = [];
  for (let cell = 0; cell < count; cell++) {
    const [a, b] = [first.reference[cell] as Sums, first.analysis[cell] as Sums];
    const rows = { reference: a.rows, analysis: b.rows };
    if (Math.min(a.rows, b.rows) < LEAST_ROWS) continue;
    if (Math.min(a.expected, b.expected) < LEAST_VARIANCE) continue;
    const add = (of: ConceptCell['of'], before: MeanVariance, now: MeanVariance, told: (mean: number) => number) => {
      const error = Math.sqrt(before[1] / a.rows + now[1] / b.rows) * spread;
      if (!(error > 0)) return;
      const difference = now[0] - before[0];
      differences.push({
        ...{ cell: cells.names[cell] ?? '', of, rows, reference: told(before[0]), analysis: told(now[0]) },
        ...{ z: difference / error, effect: deviation > 0 ? difference / deviation : 0 },
      });
    };
    add('level', level(a), level(b), (mean) => mean);
    const wide = centre[cell]?.deviation ?? 0;
    if (Math.min(a.rows, b.rows) >= LEAST_SLOPE_ROWS && wide > 0)
      add('slope', slope(a), slope(b), (product) => 1 + product / wide);
  }
  if (differences.length === 0) return null;
  return {
    column,
    p: together(differences.map(({ z }) => z)),
    differences: differences.length,
    worst: differences.toSorted((a, b) => Math.abs(b.z) - Math.abs(a.z)).slice(0, WORST),
  };
}

/** Many small differences show in the sum of squares, a single great one in the greatest: both are asked, and paid for. */
function together(zs: readonly number[]): number {
  const squares = zs.reduce((sum, z) => sum + z * z, 0);
  const greatest = Math.max(...zs.map(Math.abs));
  const single = Math.min(1, zs.length * erfc(greatest * Math.SQRT1_2));
  return Math.min(1, 2 * Math.min(chiSquareTail(squares, zs.length), single));
}

const sums = (count: number): Sums[] =>
  Array.from({ length: count }, () => ({
    ...{ rows: 0, residual: 0, squares: 0, expected: 0 },
    ...{ score: 0, scoreSquares: 0, product: 0, productSquares: 0 },
  }));

function addLevels(into: Sums[], cells: Int32Array, { residual, score, variance }: ResidualRows): void {
  for (let row = 0; row < residual.length; row++) {
    const at = into[cells[row] as number];
    if (!at) continue;
    const [r, s] = [residual[row] as number, score[row] as number];
    at.rows++;
    at.residual += r;
    at.squares += r * r;
    at.expected += variance ? (variance[row] as number) : Number.POSITIVE_INFINITY;
    at.score += s;
    at.scoreSquares += s * s;
  }
}

function addSlopes(
  into: Sums[],
  cells: Int32Array,
  { residual, score }: ResidualRows,
  centre: readonly { mean: number; deviation: number }[],
): void {
  for (let row = 0; row < residual.length; row++) {
    const at = into[cells[row] as number];
    const origin = centre[cells[row] as number];
    if (!at || !origin || origin.deviation === 0) continue;
    const product = ((residual[row] as number) * ((score[row] as number) - origin.mean)) / origin.deviation;
    at.product += product;
    at.productSquares += product * product;
  }
}

type MeanVariance = [mean: number, variance: number];

/** Mean and variance of a row. The variance that is expected is a floor: a cell where nothing happened has none of its own. */
function level({ rows, residual, squares, expected }: Sums): MeanVariance {
  const mean = residual / rows;
  const own = Math.max(0, squares / rows - mean * mean);
  return [mean, Number.isFinite(expected) ? Math.max(own, expected / rows) : own];
}

function slope({ rows, product, productSquares }: Sums): MeanVariance {
  const mean = product / rows;
  return [mean, Math.max(0, productSquares / rows - mean * mean)];
}
