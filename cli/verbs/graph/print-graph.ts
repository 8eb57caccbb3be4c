/** `ratchet graph`: the plan's nodes and the references between them, as Mermaid. */
import type { Json } from '#contracts/json.ts';
import type { Block, PlanNode } from '#contracts/plan.ts';
import { createPlanning } from '#workers/planning.ts';
import { createOutput } from '../../kit/output.ts';
import { withSession } from '../../kit/session.ts';

export async function printGraph(
  pipeline: string,
  options: { param: Record<string, Json>; json?: boolean },
): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    const planning = createPlanning(session);
    try {
      const { plan } = await planning.plan({ pipeline, params: options.param });
      const edges = edgesOf({ nodes: plan.nodes });
      out.object({ pipeline: plan.pipeline, nodes: plan.nodes, edges });
      out.print(
        [
          'flowchart LR',
          ...draw({ nodes: plan.nodes }, '  '),
          ...edges.map(([from, to]) => `  ${from} --> ${to}`),
        ].join('\n'),
      );
    } finally {
      await planning.close();
    }
  });
}

const titles: Record<string, [string, string]> = { when: ['then', 'otherwise'], attempt: ['attempt', 'on failure'] };

/** Containers are subgraphs. Ids hold letters, digits, `_`, `.` and `-` only, so nothing needs escaping. */
function draw(block: Block, indent: string): string[] {
  return block.nodes.flatMap((node) => {
    const label = node.step && node.step !== node.id ? `${node.id}<br/><small>${node.step}</small>` : node.id;
    const own = node.kind === 'when' ? `${indent}${node.id}{${label}}` : `${indent}${node.id}["${label}"]`;
    const inner = (node.blocks ?? []).flatMap((body, index) => [
      `${indent}subgraph ${node.id}_${index}["${titles[node.kind]?.[index] ?? node.kind}"]`,
      ...draw(body, `${indent}  `),
      `${indent}end`,
    ]);
    return [own, ...inner];
  });
}

type Edge = [from: string, to: string];

function edgesOf(block: Block): Edge[] {
  return block.nodes.flatMap((node) => {
    const into: Edge[] = sourcesOf(node).map((from) => [from, node.id]);
    const within = (node.blocks ?? []).flatMap((body): Edge[] => [
      ...body.nodes.filter((inner) => sourcesOf(inner).length === 0).map((inner): Edge => [node.id, inner.id]),
      ...edgesOf(body),
    ]);
    return [...into, ...within];
  });
}

/** Nodes that a node's own template refers to; `map/item` is the map itself. */
function sourcesOf(node: PlanNode): string[] {
  const found = new Set(node.after ?? []);
  const visit = (value: Json | undefined): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (value !== null && typeof value === 'object') {
      const ref = (value as { $ref?: Json[] }).$ref;
      if (Array.isArray(ref)) found.add(String(ref[0]).split('/')[0] ?? '');
      else Object.values(value).forEach(visit);
    }
  };
  visit(node.input);
  visit(node.condition);
  return [...found];
}
