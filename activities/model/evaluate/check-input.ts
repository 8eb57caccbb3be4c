/** What can be wrong with evaluate's input, told before a model is fetched. */

import { UserError } from '#contracts/failures.ts';
import { attributeColumns, criteriaOf } from '#contracts/fairness.ts';
import { chosenMetrics } from '#measures/evaluation/chosen-metrics.ts';
import { pairedMethods } from '#measures/statistics/compare/methods.ts';
import { unitsBy } from './dependence.ts';
import type { EvaluateInput } from './models.ts';

/** @throws UserError InvalidInput, naming the value, what there is and what to do */
export function checkInput(input: EvaluateInput): void {
  checkColumns(input);
  chosenMetrics(input.task, input.compare ?? null, input.compareBy);
  checkDependence(input);
  checkFairness(input);
}

/** Names of columns that the holdout lacks. */
function checkColumns({
  holdout,
  target,
  slices,
  time,
  groupBy,
  weight,
  fairness,
  examples,
  worstSlices,
}: EvaluateInput): void {
  const there = holdout.columns.map(({ name }) => name);
  const named = [
    ['target', target],
    ...slices.map((slice) => ['slice column', slice] as const),
    ...(fairness?.attributes ?? [])
      .flatMap(attributeColumns)
      .map((column) => ['`fairness` attribute', column] as const),
    ...(examples === false ? [] : (examples.columns ?? [])).map((column) => ['`examples` column', column] as const),
    ...(worstSlices === false ? [] : (worstSlices.columns ?? [])).map(
      (column) => ['`worstSlices` column', column] as const,
    ),
    ['`time`', time],
    ['`groupBy`', groupBy],
    ['`weight`', weight],
  ] as const;
  for (const [role, column] of named)
    if (column !== undefined && !there.includes(column))
      throw new UserError(
        'InvalidInput',
        `evaluate's ${role} "${column}" is no column of the holdout, which has ${there.join(', ')}. Name one of these, or add it to featurize's \`select\`.`,
      );
  const typed = holdout.columns.find(({ name }) => name === time);
  if (typed && !/^(date|timestamp)/i.test(typed.type))
    throw new UserError(
      'InvalidInput',
      `evaluate's \`time\` "${typed.name}" is ${typed.type}, not a date or timestamp. Name a column that is one, or derive it in featurize: CAST(${typed.name} AS TIMESTAMP).`,
    );
}

/** Groups are compared by rates of classes. */
function checkFairness({ fairness, task }: EvaluateInput): void {
  if (fairness && criteriaOf(task).length === 0)
    throw new UserError(
      'InvalidInput',
      `evaluate's \`fairness\` compares rates of classes between groups, and a ${task} has none. Leave it out, or name its columns in \`slices\`.`,
    );
}

/** What is asked to be independent, and what the method takes. */
function checkDependence(input: EvaluateInput): void {
  const { by, groupBy, block, compareBy, weight } = input;
  const wrong = (problem: string): never => {
    throw new UserError('InvalidInput', `evaluate's ${problem}`);
  };
  const is = unitsBy(input);
  if (by === 'clusters' && groupBy === undefined)
    wrong("`by: 'clusters'` needs a column whose values make the clusters: add `groupBy`.");
  if (by === 'blocks' && is !== 'blocks')
    wrong(
      "`by: 'blocks'` needs the times of the rows, and the holdout has none: name its column as `time`, or give featurize a `time`.",
    );
  if (block !== undefined && is !== 'blocks')
    wrong(
      `\`block: '${block}'\` is a length of time, but ${is === 'rows' ? 'rows are taken as independent' : 'clusters are drawn'}. Leave it out, or write \`by: 'blocks'\`.`,
    );
  if (compareBy === 'bootstrap' || !pairedMethods[compareBy].plainRows) return;
  if (is !== 'rows')
    wrong(
      `\`compareBy: '${compareBy}'\` takes rows as independent, but ${is === 'blocks' ? 'blocks of time' : 'clusters'} are what is independent here. Leave \`compareBy\` out (the bootstrap draws ${is}), or write \`by: 'rows'\` if rows do not hang together.`,
    );
  if (weight !== undefined)
    wrong(
      `\`compareBy: '${compareBy}'\` counts every row once, but \`weight\` is "${weight}". Leave one of them out; the bootstrap and \`compareBy: 't'\` take weights.`,
    );
}
