import { figure } from '#contracts/data.ts';
import type { Evidence } from '#contracts/evidence.ts';
import type { Rows } from '../statistics/rows.ts';

/**
 * How far the candidate's predictions are from the champion's on the same rows: the share that get another class, and the
 * mean absolute difference of what both say in numbers. NaN over no rows.
 *
 * @param weights of the rows; null: all count the same
 */
export function churnOf(candidate: Rows, champion: Rows, weights: Float64Array | null): NonNullable<Evidence['churn']> {
  const own = said(candidate);
  const theirs = said(champion);
  let [changed, difference, total] = [0, 0, 0];
  for (let row = 0; row < own.rows; row++) {
    const weight = weights ? (weights[row] as number) : 1;
    total += weight;
    if (own.classOf?.(row) !== theirs.classOf?.(row)) changed += weight;
    if (own.numbers && theirs.numbers)
      difference += weight * Math.abs((own.numbers[row] as number) - (theirs.numbers[row] as number));
  }
  return {
    changed: own.classOf ? figure(changed / total) : null,
    difference: own.numbers ? figure(difference / total) : null,
  };
}

function said(rows: Rows): { rows: number; classOf: ((row: number) => number) | null; numbers: Float64Array | null } {
  if (rows.task === 'regression') return { rows: rows.y.length, classOf: null, numbers: rows.predicted };
  if (rows.task === 'multiclass')
    return { rows: rows.y.length, classOf: (row) => rows.predicted[row] as number, numbers: null };
  const { score, threshold } = rows;
  return { rows: rows.y.length, classOf: (row) => Number((score[row] as number) >= threshold), numbers: score };
}
