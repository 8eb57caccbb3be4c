/** Which of the scored rows hang together, as the options say it. */
import { milliseconds } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import type { DependenceRequest } from '#measures/evaluation/dependence.ts';
import { pairedMethods } from '#measures/statistics/compare/methods.ts';
import type { GateOptions } from './options.ts';
import type { ScoredRows } from './scored-rows.ts';

/** @throws UserError InvalidInput for options that contradict each other, before any data are read */
export function checkDependence({ groupBy, time, block, compareBy = 'bootstrap', weight }: GateOptions): void {
  const wrong = (problem: string): never => {
    throw new UserError('InvalidInput', problem);
  };
  if (groupBy !== undefined && time !== undefined)
    wrong('--group-by beside --time: rows hang together by customer or by day; give the one that ties them more');
  if (block !== undefined && time === undefined) wrong('--block is a length of time: give --time, the column of times');
  if (compareBy === 'bootstrap' || !pairedMethods[compareBy].plainRows) return;
  const other =
    groupBy !== undefined ? '--group-by' : time !== undefined ? '--time' : weight !== undefined ? '--weight' : null;
  if (other !== null)
    wrong(
      `--compare-by ${compareBy} takes rows as independent and of one weight: leave ${other} out, or compare by bootstrap or t`,
    );
}

/** @throws UserError InvalidInput for a column that holds no times */
export function dependenceOf({ groupBy, time, block }: GateOptions, { file, columns }: ScoredRows): DependenceRequest {
  const typed = columns.find(({ name }) => name === time);
  if (typed && !/^(date|timestamp)/i.test(typed.type))
    throw new UserError(
      'InvalidInput',
      `--time ${typed.name} is ${typed.type}, not a date or timestamp: name a column that is one, or say how it is written with --date ${typed.name}=%Y-%m-%d`,
    );
  return {
    by: groupBy !== undefined ? 'clusters' : time !== undefined ? 'blocks' : 'rows',
    times: time === undefined ? null : { file, column: time },
    groupBy: groupBy ?? null,
    block: block === undefined ? null : { milliseconds: milliseconds(block), text: block },
  };
}
