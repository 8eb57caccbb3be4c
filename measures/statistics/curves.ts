import { ranked } from './ranked.ts';
import type { BinaryRows } from './rows.ts';

/** Most points of a curve that a report carries. @internal */
export const CURVE_POINTS = 101;
export type Point = readonly [x: number, y: number];

/**
 * ROC: false positive rate → true positive rate, from (0,0) to (1,1), at most {@link CURVE_POINTS} points.
 * Empty when only one class is present.
 */
export function rocCurve(rows: BinaryRows): Point[] {
  const { thresholds, positives, negatives } = walk(rows);
  if (positives === 0 || negatives === 0) return [];
  return thinned([[0, 0], ...thresholds.map(({ tp, fp }): Point => [fp / negatives, tp / positives])]);
}

/** Precision over recall, from the highest threshold down. Empty when no row is positive. */
export function precisionRecallCurve(rows: BinaryRows): Point[] {
  const { thresholds, positives } = walk(rows);
  if (positives === 0) return [];
  return thinned(thresholds.map(({ tp, fp }): Point => [tp / positives, tp / (tp + fp)]));
}

/** Counts at each distinct score from the greatest down. */
function walk(rows: BinaryRows) {
  const { positive, ends } = ranked(rows);
  const thresholds: { tp: number; fp: number }[] = [];
  let tp = 0;
  let fp = 0;
  for (let rank = 0; rank < positive.length; rank++) {
    if (positive[rank] === 1) tp++;
    else fp++;
    if (ends[rank] === 1) thresholds.push({ tp, fp });
  }
  return { thresholds, positives: tp, negatives: fp };
}

/** First, last, and for each step along x the last point that lies within it: the shape stays, the bytes are bounded. */
function thinned(points: Point[]): Point[] {
  if (points.length <= CURVE_POINTS) return points;
  const kept: Point[] = [points[0] as Point];
  let step = 0;
  for (const [i, point] of points.slice(0, -1).entries()) {
    const next = points[i + 1] as Point;
    if (Math.floor(next[0] * (CURVE_POINTS - 2)) <= step) continue;
    if (i > 0) kept.push(point);
    step = Math.floor(next[0] * (CURVE_POINTS - 2));
  }
  return [...kept.slice(0, CURVE_POINTS - 1), points[points.length - 1] as Point];
}
