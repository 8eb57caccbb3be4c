/** Metrics that a plan names and no run could measure: told before anything is trained, not after it. */
import type { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import type { Json } from '#contracts/json.ts';
import type { Block, PlanNode } from '#contracts/plan.ts';
import { evaluate, gate } from '#contracts/stages/index.ts';
import { metricsNamed } from '#decisions/gate/rules/registry.ts';
import { metricsFor } from '#measures/statistics/registry.ts';

type Task = z.output<typeof evaluate.input.shape.task>;
type Fields = { readonly [key: string]: Json | undefined };

/** Of the call that names it: `file:line`, relative to the project, and what is wrong. */
export interface StrangeMetric {
  readonly at: string | null;
  readonly message: string;
}

/** @throws UserError InvalidPipeline for the first of {@link strangeMetrics} */
export function refuseStrangeMetrics(graph: Pick<Block, 'nodes'>): void {
  const [found] = strangeMetrics(graph);
  if (found) throw new UserError('InvalidPipeline', `${found.at ? `${found.at}: ` : ''}${found.message}`);
}

/** What depends on another step's output is not known by now and not judged; nor is a gate over evidence of another's making. */
export function strangeMetrics({ nodes }: Pick<Block, 'nodes'>): StrangeMetric[] {
  const all = flattened({ nodes });
  const tasks = new Map<string, Task>();
  for (const { id, step, input } of all) {
    const task = evaluate.input.shape.task.safeParse(objectOf(input).task).data;
    if (step === evaluate.name && task) tasks.set(id, task);
  }
  return all.flatMap((node) => {
    const { compare, report, rules } = objectOf(node.input);
    if (node.step === evaluate.name) return strange(node, 'compare', listOf(compare), tasks.get(node.id));
    if (node.step !== gate.name) return [];
    const source = objectOf(report).$ref;
    const task = tasks.get(Array.isArray(source) ? String(source[0]) : '');
    const set = GateRules.safeParse(rules).data;
    return Object.entries(set ? metricsNamed(set) : {}).flatMap(([where, names]) => strange(node, where, names, task));
  });
}

function strange(
  { id, at }: PlanNode,
  where: string,
  names: readonly (Json | undefined)[],
  task: Task | undefined,
): StrangeMetric[] {
  if (!task) return [];
  const known = metricsFor(task).map(({ name }) => name);
  return names
    .filter((name): name is string => typeof name === 'string' && !known.includes(name))
    .map((name) => ({
      at: at ?? null,
      message: `${where} of ${id} names "${name}", which is no metric of a ${task} task. There are: ${known.join(', ')}.`,
    }));
}

function flattened({ nodes }: Pick<Block, 'nodes'>): PlanNode[] {
  return nodes.flatMap((node) => [node, ...(node.blocks ?? []).flatMap(flattened)]);
}

const isFields = (value: Json | undefined): value is Fields =>
  value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value);
const objectOf = (value: Json | undefined): Fields => (isFields(value) ? value : {});
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
