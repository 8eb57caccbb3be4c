/** What a fork runs again: a node and everything that depends on it. */

import type { Block } from '#contracts/plan.ts';
import type { NodeRecord } from '#contracts/run.ts';
import { allNodes, dependencies, namesGivenBy, references } from './templates.ts';

/** Ids (of the plan, not of instances) of `from`, all within it, and all that depends on it, through containers too. */
export function downstream(root: Block, from: string): Set<string> {
  const found = new Set([from]);
  for (const node of allNodes(root))
    if (node.id === from)
      for (const block of node.blocks ?? []) for (const inner of allNodes(block)) found.add(inner.id);
  // To a fixed point: a container's value depends on its body, and its body's names (`fit/item`) on the container's input.
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const node of allNodes(root)) {
      if ([...dependencies(node)].some((name) => found.has(name))) {
        found.add(node.id);
        for (const name of namesGivenBy(node)) found.add(name);
        if (node.condition !== undefined)
          for (const block of node.blocks ?? []) for (const inner of allNodes(block)) found.add(inner.id);
      }
      for (const block of node.blocks ?? []) {
        const touched =
          block.nodes.some(({ id }) => found.has(id)) || [...references(block.result)].some((name) => found.has(name));
        if (!touched) continue;
        found.add(node.id);
        // The next round of a repeat reads what this one left.
        if (node.kind === 'repeat') for (const name of namesGivenBy(node)) found.add(name);
      }
    }
  }
  return found;
}

/** The outcomes that none of `again` made. An instance `fit[3]/train` belongs to the nodes `fit` and `train`. */
export function without(kept: readonly NodeRecord[], again: ReadonlySet<string>): NodeRecord[] {
  return kept.filter(({ id }) => !again.has((id.split('/').at(-1) ?? id).replace(/\[\d+\]$/, '')));
}
