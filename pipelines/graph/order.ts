/** The order of nodes: who waits for whom. References alone cannot make a circle; `after` and a late `otherwise` can. */
import type { PlanNode } from '#contracts/plan.ts';
import { definitionError, place } from './definition-error.ts';
import { referredNodes } from './template.ts';

/** A node with the nodes whose bodies it lies in, outermost first. */
interface Placed {
  readonly node: PlanNode;
  readonly around: readonly string[];
}
type Waits = ReadonlyMap<string, readonly string[]>;

/**
 * The nodes with each one behind what it waits for, in the order they were written where that leaves a choice; bodies
 * are ordered in place. Throws UserError InvalidPipeline when an `after` names no node or one that is not visible from
 * there, or when nodes wait for each other. A body ends when all its nodes have: what a node inside waits for, the node
 * around it waits for too.
 */
export function ordered(nodes: readonly PlanNode[]): PlanNode[] {
  const placed = new Map<string, Placed>();
  placeAll(nodes, [], placed);
  const waits = new Map<string, string[]>();
  for (const { node, around } of placed.values()) {
    for (const id of node.after ?? []) checkAfter(id, node, around, placed);
    for (const id of dependencies(node)) {
      const other = placed.get(id);
      if (!other) continue;
      // Lift to the level of `other`: whichever of this node and those around it stands beside `other`.
      const lifted = [...around, node.id][other.around.length];
      if (lifted !== undefined) waits.set(lifted, [...(waits.get(lifted) ?? []), id]);
    }
  }
  const circle = findCircle(waits);
  if (circle) throw circleError(circle, placed);
  return sorted(nodes, waits);
}

function circleError(circle: readonly string[], placed: ReadonlyMap<string, Placed>) {
  const steps = circle.map((id) => `${id}${place(placed.get(id)?.node.at)}`);
  const at = placed.get(circle[0] ?? '')?.node.at ?? null;
  return definitionError(
    at,
    circle.length === 1
      ? `${steps[0]} waits for itself, or something in its body does: take it out of "after".`
      : `these nodes wait for each other: ${[...steps, circle[0]].join(' → ')}. Take one of them out of "after".`,
  );
}

function sorted(nodes: readonly PlanNode[], waits: Waits): PlanNode[] {
  const here = new Map(nodes.map((node) => [node.id, node]));
  const done = new Set<PlanNode>();
  const put = (node: PlanNode): void => {
    if (done.has(node)) return;
    for (const id of waits.get(node.id) ?? []) {
      const before = here.get(id);
      if (before) put(before);
    }
    done.add(node);
    for (const block of node.blocks ?? []) block.nodes = sorted(block.nodes, waits);
  };
  for (const node of nodes) put(node);
  return [...done];
}

function placeAll(nodes: readonly PlanNode[], around: readonly string[], placed: Map<string, Placed>): void {
  for (const node of nodes) {
    placed.set(node.id, { node, around });
    for (const block of node.blocks ?? []) placeAll(block.nodes, [...around, node.id], placed);
  }
}

function checkAfter(id: string, node: PlanNode, around: readonly string[], placed: Map<string, Placed>): void {
  const other = placed.get(id);
  if (!other) {
    const known = [...placed.keys()].slice(0, 20).join(', ');
    throw definitionError(
      node.at ?? null,
      `${node.id} is to run after "${id}", but no node has that id. Nodes: ${known}.`,
    );
  }
  if (other.node.kind === 'always')
    throw definitionError(
      node.at ?? null,
      `${node.id} is to run after ${id}${place(other.node.at)}, which is done when everything else has ended: nothing can wait for it.`,
    );
  if (!other.around.every((outer, depth) => around[depth] === outer))
    throw definitionError(
      node.at ?? null,
      `${node.id} is to run after ${id}${place(other.node.at)}, which lies in the body of ${other.around.at(-1)}: name ${other.around.at(-1)} instead.`,
    );
}

/** What a node itself waits for; what its body waits for is counted at the nodes of the body, results of blocks included. */
function dependencies(node: PlanNode): string[] {
  const templates = [node.input, node.condition, ...(node.blocks ?? []).map((block) => block.result)];
  const referred = templates.flatMap((value) => (value === undefined ? [] : referredNodes(value)));
  // `<id>/item` and the like are handed in by the body's own node, which is not waited for.
  return [...referred.filter((id) => !id.includes('/')), ...(node.after ?? [])];
}

function findCircle(waits: Waits): string[] | null {
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (id: string): string[] | null => {
    if (path.includes(id)) return path.slice(path.indexOf(id));
    if (finished.has(id)) return null;
    path.push(id);
    for (const next of waits.get(id) ?? []) {
      const circle = visit(next);
      if (circle) return circle;
    }
    path.pop();
    finished.add(id);
    return null;
  };
  for (const id of waits.keys()) {
    const circle = visit(id);
    if (circle) return circle;
  }
  return null;
}
