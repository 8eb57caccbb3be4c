import { UserError } from '#contracts/failures.ts';
import type { CompareBy } from '#contracts/stages/evaluate.ts';
import { pairedMethods } from '../statistics/compare/methods.ts';
import type { Metric } from '../statistics/metric.ts';
import { metricsFor } from '../statistics/registry.ts';
import type { Task } from '../statistics/rows.ts';

/**
 * The metrics of the task, those to compare in front: the ones named, else all that the method fits.
 * @throws UserError InvalidInput for a metric that the task does not have, or that the method does not fit
 */
export function chosenMetrics(
  task: Task,
  compare: readonly string[] | null,
  by: CompareBy,
): { readonly compared: readonly Metric[]; readonly all: readonly Metric[] } {
  const all = metricsFor(task);
  const fitting = by === 'bootstrap' ? all : all.filter((metric) => pairedMethods[by].fits(metric));
  const named = compare && compare.length > 0 ? compare.map((name) => oneOf(name, task, all)) : fitting;
  const misfit = named.find((metric) => !fitting.includes(metric));
  if (misfit || named.length === 0) {
    const what = misfit ? `"${misfit.name}"` : `any metric of a ${task} task`;
    const advice =
      fitting.length > 0
        ? `Of a ${task} task it compares ${fitting.map(({ name }) => name).join(', ')}: name one of these in \`compare\`, or leave \`compareBy\` out (the bootstrap takes every metric).`
        : 'Leave `compareBy` out: the bootstrap takes every metric.';
    throw new UserError('InvalidInput', `evaluate's \`compareBy: '${by}'\` does not compare ${what}. ${advice}`);
  }
  return { compared: named, all: [...named, ...all.filter((metric) => !named.includes(metric))] };
}

function oneOf(name: string, task: Task, all: readonly Metric[]): Metric {
  const metric = all.find((each) => each.name === name);
  if (metric) return metric;
  throw new UserError(
    'InvalidInput',
    `evaluate's \`compare\` names "${name}", which is no metric of a ${task} task. There are: ${all.map((each) => each.name).join(', ')}.`,
  );
}
