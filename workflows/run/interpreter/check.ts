/** Can the plan be executed to its end? The planner tells a user what is wrong with a graph; this is the last line behind it. */
import { NODE_LIMIT } from '#contracts/json.ts';
import type { Block, Plan, PlanNode } from '#contracts/plan.ts';
import { allNodes, dependencies, freeNames, namesGivenBy, references } from './templates.ts';

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

/** A node may refer to nodes of its block and of the blocks around it, and no node may come to wait for itself. */
function blockProblem(block: Block, around: ReadonlySet<string>): string | null {
  const own = new Set(block.nodes.map(({ id }) => id));
  const known = new Set([...around, ...own]);
  for (const node of block.nodes) {
    for (const name of dependencies(node))
      if (!known.has(name)) return `node ${node.id} refers to ${name}, which is not in its block or around it`;
    const inner = new Set([...known, ...namesGivenBy(node)]);
    for (const each of node.blocks ?? []) {
      const problem = blockProblem(each, inner);
      if (problem) return problem;
    }
  }
  for (const name of references(block.result))
    if (!known.has(name)) return `a result refers to ${name}, which is not in its block or around it`;
  return cycle(new Map(block.nodes.map((node) => [node.id, [...waitsFor(node)].filter((name) => own.has(name))])));
}

/** All names that a node, or anything in its blocks, refers to outside of itself. */
function waitsFor(node: PlanNode): Set<string> {
  return freeNames({ nodes: [node] });
}

function cycle(edges: ReadonlyMap<string, readonly string[]>): string | null {
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): string | null => {
    if (path.includes(id)) return `its nodes wait for each other: ${[...path.slice(path.indexOf(id)), id].join(' → ')}`;
    if (done.has(id)) return null;
    for (const next of edges.get(id) ?? []) {
      const found = visit(next, [...path, id]);
      if (found) return found;
    }
    done.add(id);
    return null;
  };
  for (const id of edges.keys()) {
    const found = visit(id, []);
    if (found) return found;
  }
  return null;
}
