/** The rules that the options or `--rules FILE` say. */
import { issuesInWords } from '#contracts/describe-issues.ts';
import { UserError } from '#contracts/failures.ts';
import { GateRules, type ParsedGateRules } from '#contracts/gate-rules.ts';
import { asksOf } from '#decisions/gate/rules/registry.ts';
import { metrics, metricsFor } from '#measures/statistics/registry.ts';
import type { Task } from '#measures/statistics/rows.ts';
import { exportsOf } from '../../kit/given-module.ts';
import type { GateOptions } from './options.ts';

/** What a file of scored rows says nothing of. */
const onlyOfModels = {
  signature: 'the signature',
  inputExample: 'the input example',
  latency: 'latency',
  robustness: 'robustness',
} as const;
const tasks = Object.keys(metrics) as Task[];

/** @throws UserError InvalidInput for rules that cannot be right, before any data are read */
export async function rulesOf(options: GateOptions): Promise<ParsedGateRules> {
  const rules = options.rules === undefined ? fromOptions(options) : await fromFile(options.rules, options);
  if (options.against === undefined && options.rules === undefined) {
    const alone = [
      ['--metric', options.metric],
      ['--min-effect', options.minEffect],
      ['--not-worse-than', options.notWorseThan],
      ['--max-drop', options.maxDrop],
    ].find(([, value]) => value !== undefined);
    if (alone)
      throw new UserError(
        'InvalidInput',
        `${alone[0]} compares with the model in production: give its scored rows, too (--against)`,
      );
  }
  tasksOf(rules);
  return rules;
}

function fromOptions({
  min,
  max,
  metric,
  minEffect,
  notWorseThan,
  maxDrop,
  slice,
  against,
}: GateOptions): ParsedGateRules {
  const floors = { ...min, ...max };
  for (const name of Object.keys(min)) mustRise(name, true);
  for (const name of Object.keys(max)) mustRise(name, false);
  const twice = Object.keys(min).find((name) => name in max);
  if (twice !== undefined)
    throw new UserError('InvalidInput', `${twice} has both --min and --max: one of them is the wrong way round`);
  const leading = metric ?? Object.keys(floors)[0];
  if (against !== undefined && metric === undefined)
    throw new UserError(
      'InvalidInput',
      '--against needs --metric: what are the two compared by? For example --metric roc_auc --min-effect 0.002',
    );
  if (leading === undefined)
    throw new UserError(
      'InvalidInput',
      'there are no rules: give the least that counts (--min accuracy=0.95), or --against with --metric, or --rules FILE',
    );
  if (slice.length > 0 && maxDrop === undefined)
    throw new UserError('InvalidInput', '--slice needs --max-drop: how much worse may the candidate be on a slice?');
  if (slice.length === 0 && maxDrop !== undefined)
    throw new UserError('InvalidInput', '--max-drop needs --slice: the columns whose values make the slices');
  const rules = {
    ...{ metric: leading, floors },
    ...(notWorseThan === undefined ? { minimumEffect: minEffect ?? 0 } : { notWorseThan, minimumEffect: minEffect }),
    ...(maxDrop === undefined ? {} : { slices: { metric: leading, maxDrop } }),
  };
  const parsed = GateRules.safeParse(rules);
  if (parsed.success) return parsed.data;
  throw new UserError('InvalidInput', issuesInWords(parsed.error, rules));
}

async function fromFile(file: string, options: GateOptions): Promise<ParsedGateRules> {
  const given = [
    [Object.keys(options.min).length > 0, '--min'],
    [Object.keys(options.max).length > 0, '--max'],
    [options.metric !== undefined, '--metric'],
    [options.minEffect !== undefined, '--min-effect'],
    [options.notWorseThan !== undefined, '--not-worse-than'],
    [options.maxDrop !== undefined, '--max-drop'],
  ].find(([there]) => there);
  if (given) throw new UserError('InvalidInput', `${given[1]} beside --rules: write it into ${file}`);
  const exported = Object.entries(await exportsOf('--rules', file));
  const candidates = exported.filter(
    ([, value]) =>
      typeof value === 'object' &&
      value !== null &&
      'metric' in value &&
      ('minimumEffect' in value || 'notWorseThan' in value),
  );
  const [one, another] = candidates;
  if (!one || another)
    throw new UserError(
      'InvalidInput',
      `--rules ${file} exports ${another ? `several rules (${candidates.map(([name]) => name).join(', ')})` : 'no rules'}: write for example export default { metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 } }`,
    );
  const parsed = GateRules.safeParse(one[1]);
  if (!parsed.success) throw new UserError('InvalidInput', `--rules ${file}: ${issuesInWords(parsed.error, one[1])}`);
  const ofModels = Object.entries(onlyOfModels).find(([rule]) => parsed.data[rule as keyof typeof onlyOfModels]);
  if (ofModels)
    throw new UserError(
      'InvalidInput',
      `--rules ${file} has a rule about ${ofModels[1]}, which models have and scored rows do not: leave it out here`,
    );
  if (parsed.data.holdout === 'fresh')
    throw new UserError(
      'InvalidInput',
      `--rules ${file} asks for fresh rows (holdout: 'fresh'), and which rows earlier verdicts used is not known of files: leave it and \`looks\` out here, or write holdout: 'reused'`,
    );
  if (parsed.data.slices && options.slice.length === 0)
    throw new UserError('InvalidInput', `--rules ${file} has a rule about slices: name their columns with --slice`);
  return parsed.data;
}

function mustRise(name: string, higher: boolean): void {
  const found = tasks.flatMap((task) => metricsFor(task)).find((metric) => metric.name === name);
  if (!found || found.higherIsBetter === higher) return;
  throw new UserError(
    'InvalidInput',
    higher
      ? `--min ${name}: less of ${name} is better, so it has a most: --max ${name}=…`
      : `--max ${name}: more of ${name} is better, so it has a least: --min ${name}=…`,
  );
}

/**
 * The tasks that have every metric which the rules name.
 * @throws UserError InvalidInput when there is none
 */
export function tasksOf(rules: ParsedGateRules): Task[] {
  const named = [...new Set(asksOf(rules).flatMap(({ metrics: asked }) => asked))];
  const has = (task: Task, name: string) => metricsFor(task).some((metric) => metric.name === name);
  const nowhere = named.find((name) => !tasks.some((task) => has(task, name)));
  const lists = tasks
    .map(
      (task) =>
        `${task} ${metricsFor(task)
          .map(({ name }) => name)
          .join(', ')}`,
    )
    .join('; ');
  if (nowhere !== undefined)
    throw new UserError('InvalidInput', `there is no metric "${nowhere}"; there are: ${lists}`);
  const fit = tasks.filter((task) => named.every((name) => has(task, name)));
  if (fit.length === 0)
    throw new UserError('InvalidInput', `no task has all of ${named.join(', ')}; there are: ${lists}`);
  return fit;
}
