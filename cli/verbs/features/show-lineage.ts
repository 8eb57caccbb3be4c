/** `ratchet features lineage`. */

import { UserError } from '#contracts/failures.ts';
import { type Lineage, lineageOf } from '#features/lineage.ts';
import { unknownName } from '#features/names.ts';
import pc from '../../kit/color.ts';
import { createOutput, type Output } from '../../kit/output.ts';
import { writeReport } from '../../kit/write-report.ts';
import { readDefinitions } from './read-definitions.ts';
import { trainedWith } from './trained-with.ts';

export interface LineageOptions {
  html?: string;
  definitions: string;
  json?: boolean;
}

export async function showLineage(name: string | undefined, options: LineageOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  const { document } = await readDefinitions(options.definitions);
  const models = await trainedWith().catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    out.note(`models are left out: ${error.message}`);
    return [];
  });
  const whole = lineageOf(document, models);
  const lineage = name === undefined ? whole : around(whole, name);
  if (options.html) {
    const { lineagePage } = await import('#reports/features/lineage-page.ts');
    await writeReport(options.html, lineagePage(name ?? options.definitions, lineage), out, null);
  }
  out.object(lineage);
  show(lineage, out);
}

/** The node, all that feeds it, and all that it feeds. */
function around({ nodes, edges }: Lineage, name: string): Lineage {
  const start = nodes.flatMap((node, index) => (node.name === name || node.name.startsWith(`${name}@`) ? [index] : []));
  if (start.length === 0)
    throw new UserError(
      'InvalidInput',
      unknownName(
        'node',
        name,
        nodes.map((node) => node.name),
      ),
    );
  const kept = new Set(start);
  for (const [from, to] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const reached = new Set(start);
    for (const at of reached) for (const edge of edges) if (edge[from] === at) reached.add(edge[to]);
    for (const at of reached) kept.add(at);
  }
  const places = [...kept].sort((a, b) => a - b);
  return {
    nodes: places.flatMap((at) => nodes[at] ?? []),
    edges: edges.flatMap(([from, to]) =>
      kept.has(from) && kept.has(to) ? [[places.indexOf(from), places.indexOf(to)] as const] : [],
    ),
  };
}

/** From each source a tree. */
function show({ nodes, edges }: Lineage, out: Output): void {
  const line = (at: number, depth: number): void => {
    const node = nodes[at];
    if (!node) return;
    out.print(`${'  '.repeat(depth)}${pc.dim(node.kind)} ${node.name}${node.note ? pc.dim(`  ${node.note}`) : ''}`);
    for (const [from, to] of edges) if (from === at) line(to, depth + 1);
  };
  for (const at of nodes.keys()) if (!edges.some(([, to]) => to === at)) line(at, 0);
}
