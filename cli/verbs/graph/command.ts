import type { Json } from '#contracts/json.ts';
import { collectParam } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';

export const graph: Verb = (program) => {
  program
    .command('graph')
    .summary('draw a pipeline as a Mermaid diagram')
    .description(
      'Prints the graph as Mermaid, which GitHub, GitLab and most editors draw: ratchet graph NAME > graph.mmd',
    )
    .argument('<pipeline>', 'a folder of pipelines/')
    .option('--param <key=value>', 'a param, the value as JSON or text; repeat it for more', collectParam, {})
    .option('--json', 'print nodes and edges as one JSON object')
    .action(async (pipeline: string, options: { param: Record<string, Json>; json?: boolean }) => {
      const { printGraph } = await import('./print-graph.ts');
      await printGraph(pipeline, options);
    });
};
