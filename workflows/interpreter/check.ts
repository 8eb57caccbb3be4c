/** Can the plan be executed to its end? The planner tells a user what is wrong with a graph; this is the last line behind it. */
import { NODE_LIMIT } from '#contracts/json.ts';
import type { Block, Plan } from '#contracts/plan.ts';
import { allNodes, dependencies, namesGivenBy, references } from './templates.ts';

/** The first thing that would make a run hang or stumble, in words; null when there is none. */
export function planProblem(plan: Pick<Plan, 'nodes' | 'steps' | 'result'>): string | null {
  const root: Block = { nodes: plan.nodes, result: plan.result };
  const ids = new Set<string>();
  for (const node of allNodes(root)) {
    if (ids.has(node.id)) return `two nodes are called ${node.id}`;
    ids.add(node.id);
    if (node.kind === 'run' && !(node.step !== undefined && Object.hasOwn(plan.steps, node.step)))
      return `node ${node.id} runs the step ${node.step ?? '(none)'}, whose code is not pinned`;
  }
  if (ids.size > NODE_LIMIT)
    return `the plan has ${ids.size} nodes, the limit is ${NODE_LIMIT}: use map for what repeats`;
  return blockProblem(root, new Set());
}

/** A node may refer to nodes before it in its block or in the blocks around it: so there is no cycle and nothing waits for ever. */
function blockProblem(block: Block, around: ReadonlySet<string>): string | null {
  const known = new Set(around);
  for (const node of block.nodes) {
    for (const name of dependencies(node))
      if (!known.has(name)) return `node ${node.id} refers to ${name}, which is not before it`;
    const inner = new Set([...known, ...namesGivenBy(node)]);
    for (const each of node.blocks ?? []) {
      const problem = blockProblem(each, inner);
      if (problem) return problem;
    }
    known.add(node.id);
  }
  for (const name of references(block.result))
    if (!known.has(name)) return `a result refers to ${name}, which is not in its block`;
  return null;
}
