/**
 * Are the residuals of one cell what they were? A two-sample test on residuals given X: in each cell of a column a line of the
 * residual by the score is fitted to either side, and the lines are compared, in level and in slope (an analysis of covariance,
 * Fisher 1932; Chow 1960 compares regressions so). So scores that were never calibrated within a cell are compared with
 * themselves, and rows whose scores moved within a cell with rows of the same score. Differences of independent rows are close
 * to normal; a cell with too little to expect is left out, as the rule of five does for chi-square (Cochran 1954).
 */

import erfc from '@stdlib/math-base-special-erfc';
import type { ConceptCell, ConceptTest } from '#contracts/concept.ts';
import { chiSquareTail } from '../../statistics/drift/chi-square-tail.ts';
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

/** One side of one cell: a line through its residuals by their scores. */
interface Line {
  rows: number;
  /** Means of the residual and of the score. */
  residual: number;
  score: number;
  /** Sums of squares of the score, and of its products with the residual, about the means. */
  squares: number;
  products: number;
  /** Of residuals about the line; in the second, each times the square of its score about the mean. */
  rest: number;
  restSquares: number;
  /** The same that is expected of events; infinite where nothing is. */
  expected: number;
  expectedSquares: number;
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
  const lines = {
    reference: linesOf(cells.names.length, cells.reference, residuals.reference),
    analysis: linesOf(cells.names.length, cells.analysis, residuals.analysis),
  };
  const differences: ConceptCell[] = [];
  for (const [cell, name] of cells.names.entries()) {
    const [before, now] = [lines.reference[cell] as Line, lines.analysis[cell] as Line];
    const rows = { reference: before.rows, analysis: now.rows };
    const least = Math.min(before.rows, now.rows);
    if (least < LEAST_ROWS) continue;
    if (Math.min(before.expected, now.expected) < LEAST_VARIANCE) continue;
    const sloped = before.squares > 0 && now.squares > 0;
    const add = (
      of: ConceptCell['of'],
      told: [number, number],
      difference: number,
      variance: number,
      scale: number,
    ) => {
      if (!(variance > 0)) return;
      const [reference, analysis] = told;
      differences.push({
        ...{ cell: name, of, rows, reference, analysis, z: difference / (Math.sqrt(variance) * spread) },
        effect: deviation > 0 ? (difference * scale) / deviation : 0,
      });
    };
    const level = levelDifference(before, now, sloped);
    add('level', [level.reference, level.analysis], level.difference, level.variance, 1);
    if (!sloped || least < LEAST_SLOPE_ROWS) continue;
    const [was, is] = [slope(before), slope(now)];
    const scale = Math.sqrt(before.squares / before.rows);
    add('slope', [1 + was, 1 + is], is - was, slopeVariance(before) + slopeVariance(now), scale);
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

const noLine = (): Line => ({
  ...{ rows: 0, residual: 0, score: 0, squares: 0, products: 0 },
  ...{ rest: 0, restSquares: 0, expected: 0, expectedSquares: 0 },
});

function linesOf(count: number, cells: Int32Array, { residual, score, variance }: ResidualRows): Line[] {
  const lines = Array.from({ length: count }, noLine);
  for (let row = 0; row < residual.length; row++) {
    const line = lines[cells[row] as number];
    if (!line) continue;
    // Welford's update: means and squares about them, of scores of any size.
    const [r, s] = [residual[row] as number, score[row] as number];
    line.rows++;
    const before = s - line.score;
    line.score += before / line.rows;
    line.residual += (r - line.residual) / line.rows;
    line.squares += before * (s - line.score);
    line.products += before * (r - line.residual);
  }
  for (let row = 0; row < residual.length; row++) {
    const line = lines[cells[row] as number];
    if (!line) continue;
    const away = (score[row] as number) - line.score;
    const rest = ((residual[row] as number) - line.residual - slope(line) * away) ** 2;
    const expected = variance ? (variance[row] as number) : Number.POSITIVE_INFINITY;
    line.rest += rest;
    line.restSquares += rest * away * away;
    line.expected += expected;
    line.expectedSquares += variance ? expected * away * away : 0;
  }
  return lines;
}

const slope = ({ products, squares }: Line): number => (squares > 0 ? products / squares : 0);
/** Two coefficients were fitted. */
const freedom = (rows: number): number => rows / (rows - 2);

/**
 * Of the mean residual at a given score. The variance that is expected of events is a floor: a cell where nothing happened
 * has none of its own.
 */
function levelVariance({ rows, rest, expected }: Line): number {
  const own = (freedom(rows) * rest) / rows ** 2;
  return Number.isFinite(expected) ? Math.max(own, expected / rows ** 2) : own;
}

/** White's (1980), as rows of one cell scatter differently; with the same floor. */
function slopeVariance({ rows, squares, restSquares, expectedSquares }: Line): number {
  return Math.max(freedom(rows) * restSquares, expectedSquares) / squares ** 2;
}

/** Where scores moved within the cell, the residual goes with them along the line of both sides: that is taken off. */
function levelDifference(before: Line, now: Line, sloped: boolean) {
  const [a, b] = [slopeVariance(before), slopeVariance(now)];
  const known = sloped && a > 0 && b > 0;
  const common = known ? (slope(before) / a + slope(now) / b) / (1 / a + 1 / b) : 0;
  const moved = now.score - before.score;
  const analysis = now.residual - common * moved;
  return {
    ...{ reference: before.residual, analysis, difference: analysis - before.residual },
    variance: levelVariance(before) + levelVariance(now) + (known ? moved ** 2 / (1 / a + 1 / b) : 0),
  };
}
