/** Which stage needs which: what one makes and another one reads, whole or in part. */
import { sep } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { Stage } from './stage.ts';

export interface StageGraph {
  readonly stages: readonly Stage[];
  /** Those that must have run before it, by address. */
  before(stage: Stage): readonly Stage[];
  after(stage: Stage): readonly Stage[];
}

const overlaps = (a: string, b: string): boolean => a === b || a.startsWith(`${b}${sep}`) || b.startsWith(`${a}${sep}`);

/** @throws UserError InvalidPipeline for two that make the same, and for a circle */
export function graphOf(stages: readonly Stage[]): StageGraph {
  const outs = stages.flatMap((stage) => stage.outs.map(({ absolute, path }) => ({ stage, absolute, path })));
  const sorted = [...outs].sort((a, b) => (`${a.absolute}${sep}` < `${b.absolute}${sep}` ? -1 : 1));
  for (const [at, { stage, absolute, path }] of sorted.entries()) {
    const next = sorted[at + 1];
    if (next && overlaps(absolute, next.absolute))
      throw new UserError(
        'InvalidPipeline',
        absolute === next.absolute
          ? `${path} is made by ${stage.address} and by ${next.stage.address}: let one of them make it`
          : `${next.path} of ${next.stage.address} lies in ${path} of ${stage.address}: one of them would remove the other's`,
      );
  }
  const before = new Map<Stage, readonly Stage[]>();
  for (const stage of stages) {
    const read = [...stage.deps, ...stage.params].map(({ absolute }) => absolute);
    const makers = outs.filter((out) => read.some((path) => overlaps(path, out.absolute))).map((out) => out.stage);
    before.set(stage, [...new Set(makers)]);
  }
  const graph: StageGraph = {
    stages,
    before: (stage) => before.get(stage) ?? [],
    after: (stage) => stages.filter((each) => before.get(each)?.includes(stage)),
  };
  inOrder(graph, stages);
  return graph;
}

/**
 * The wanted stages and all that they need, those first; with `only` the wanted ones alone. What a frozen stage needs is not asked.
 * @throws UserError InvalidPipeline for a circle
 */
export function inOrder(graph: StageGraph, wanted: readonly Stage[], isFrozenApart = false): Stage[] {
  const order: Stage[] = [];
  const done = new Set<Stage>();
  const visit = (stage: Stage, path: readonly Stage[]): void => {
    if (done.has(stage)) return;
    if (path.includes(stage))
      throw new UserError(
        'InvalidPipeline',
        `${[...path.slice(path.indexOf(stage)), stage].map(({ address }) => address).join(' → ')}: each needs the next, in a circle`,
      );
    if (!(isFrozenApart && stage.frozen)) for (const each of graph.before(stage)) visit(each, [...path, stage]);
    if (done.has(stage)) return;
    done.add(stage);
    order.push(stage);
  };
  for (const stage of wanted) visit(stage, []);
  return order;
}
