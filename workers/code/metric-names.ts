/** Metrics, slices and groups that a plan asks for and no run could measure: told before anything is trained, not after it. */
import type { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import type { FairnessAttribute } from '#contracts/fairness.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import type { Json } from '#contracts/json.ts';
import type { Block, PlanNode } from '#contracts/plan.ts';
import { evaluate, gate } from '#contracts/stages/index.ts';
import type { Asks } from '#decisions/gate/rules/gate-rule.ts';
import { asksOf } from '#decisions/gate/rules/registry.ts';
import { metricsFor } from '#measures/statistics/registry.ts';
import { attributesIn, unansweredFairness, undefinedFairness } from './fairness-asked.ts';
import { type MeasuresAsked, measuresIn, unansweredMeasures } from './measures-asked.ts';

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
  const evaluations = new Map<string, Evaluation>();
  for (const { id, step, input } of all) {
    const { task, compare, slices, fairness, fresh, looks, latency, calibration, robustness, inputExample } =
      objectOf(input);
    const known = evaluate.input.shape.task.safeParse(task).data;
    if (step === evaluate.name && known)
      evaluations.set(id, {
        ...{ id, task: known, compare: compare === undefined ? null : namesOf(compare) },
        slices: slices === undefined || (Array.isArray(slices) && slices.length === 0) ? 'none' : 'some',
        fairness: attributesIn(fairness),
        fresh: fresh === true,
        looks: typeof looks === 'number' ? looks : 1,
        ...measuresIn({ latency, calibration, robustness, inputExample }),
      });
  }
  return all.flatMap((node) => {
    const { compare, report, rules } = objectOf(node.input);
    const own = evaluations.get(node.id);
    if (own)
      return [
        ...strange(node, 'compare', namesOf(compare) ?? [], own.task),
        ...undefinedFairness(own).map((message) => ({ at: node.at ?? null, message })),
      ];
    if (node.step !== gate.name) return [];
    const source = objectOf(report).$ref;
    const judged = evaluations.get(Array.isArray(source) ? String(source[0]) : '');
    const set = GateRules.safeParse(knownOf(rules)).data;
    return judged && set ? asksOf(set).flatMap((asks) => unanswered(node, asks, judged)) : [];
  });
}

/** Rules without those that depend on another step's output: the others are judged now. */
function knownOf(rules: Json | undefined): Record<string, Json> {
  const known = Object.entries(objectOf(rules)).filter(([, value]) => !JSON.stringify(value).includes('"$ref":'));
  // What a candidate must show is one of the two; which, no check of names asks.
  return {
    ...(known.some(([key]) => key === 'notWorseThan') ? {} : { minimumEffect: 0 }),
    ...Object.fromEntries(known),
  };
}

interface Evaluation extends MeasuresAsked {
  readonly id: string;
  readonly task: Task;
  /** Null: all of the task, or not known by now. */
  readonly compare: readonly string[] | null;
  readonly slices: 'none' | 'some';
  /** Null: not known by now. */
  readonly fairness: readonly FairnessAttribute[] | null;
  readonly fresh: boolean;
  readonly looks: number;
}

/** What a rule asks and the evaluation that is judged does not measure. */
function unanswered(node: PlanNode, asks: Asks, evaluation: Evaluation): StrangeMetric[] {
  const { id, task, compare, slices } = evaluation;
  const found = strange(node, asks.where, asks.metrics, task);
  const at = node.at ?? null;
  const missing = asks.metrics.filter((name) => asks.compared && compare?.length && !compare.includes(name));
  if (found.length === 0 && missing.length > 0)
    found.push({
      at,
      message: `${asks.where} of ${node.id} names "${missing[0]}", which ${id} does not compare: its compare has ${compare?.join(', ')}. Add it there, or name one of those.`,
    });
  if (asks.slices && slices === 'none')
    found.push({
      at,
      message: `${asks.where} of ${node.id} has nothing to judge: ${id} measures no slices. Name their columns in its slices, or leave the rule out.`,
    });
  if (asks.fresh && !evaluation.fresh)
    found.push({
      at,
      message: `${asks.where} of ${node.id} asks for fresh rows, and ${id} does not leave out those that earlier verdicts used. Add fresh: true there, or write holdout: 'reused' in the rules.`,
    });
  if (asks.looks !== undefined && asks.looks !== evaluation.looks)
    found.push({
      at,
      message: `rules.looks of ${node.id} shares its level among ${asks.looks} looks, and ${id} is told of ${evaluation.looks}. Write looks: ${asks.looks} there.`,
    });
  if (asks.classes && task === 'regression')
    found.push({
      at,
      message: `${asks.where} of ${node.id} asks for classes, and ${id} is of a regression, which has none.`,
    });
  const others = [...unansweredFairness(asks, node.id, evaluation), ...unansweredMeasures(asks, node.id, evaluation)];
  return [...found, ...others.map((message) => ({ at, message }))];
}

function strange({ id, at }: PlanNode, where: string, names: readonly string[], task: Task): StrangeMetric[] {
  const known = metricsFor(task).map(({ name }) => name);
  return names
    .filter((name) => !known.includes(name))
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
/** Null where one of them depends on another step. */
const namesOf = (value: Json | undefined): readonly string[] | null =>
  Array.isArray(value) && value.every((name) => typeof name === 'string') ? value : null;
