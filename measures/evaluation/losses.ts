import type { Metric } from '../statistics/metric.ts';
import type { PairedRows } from './rows.ts';

/** By row, what blocks of time are chosen by: what the candidate loses more than the champion, or alone. */
export function lossesOf(all: readonly Metric[], { candidate, champion }: PairedRows): Float64Array {
  const metric = all.find(({ byRow, name }) => byRow && name !== 'accuracy') ?? all.find(({ byRow }) => byRow);
  const own = metric?.byRow?.(candidate) ?? new Float64Array(candidate.y.length);
  const theirs = champion && metric?.byRow?.(champion);
  return theirs ? own.map((value, row) => value - (theirs[row] as number)) : own;
}
