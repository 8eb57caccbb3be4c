/** `ratchet plan`. */

import { planCache } from '#activities/dispatch/plan-cache.ts';
import type { Json } from '#contracts/json.ts';
import { createPlanning } from '#workers/planning.ts';
import pc from '../../kit/color.ts';
import { createOutput, table } from '../../kit/output.ts';
import { withSession } from '../../kit/session.ts';

export async function printPlan(
  pipeline: string,
  options: { param: Record<string, Json>; asOf?: string; json?: boolean },
): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    const planning = createPlanning(session);
    await planning.begin(pipeline);
    // Its client takes as long to load as the process that builds the graph.
    session.load('store');
    try {
      const { plan, run } = await planning.plan({
        pipeline,
        params: options.param,
        ...(options.asOf ? { asOf: options.asOf } : {}),
      });
      const nodes = await planCache(planning.cache, plan, run);
      out.object({ plan, nodes });
      const champion = plan.champion ? `v${plan.champion.version}` : 'none yet';
      out.print(`${plan.pipeline}  as of ${plan.asOf}  champion ${champion}  code ${plan.bundle.slice(0, 12)}`);
      out.print(pc.dim(`params ${JSON.stringify(plan.params)}\n`));
      const word = (cached: boolean | null) =>
        cached === null ? pc.dim('?') : cached ? pc.green('cached') : pc.yellow('runs');
      out.print(
        table(
          ['node', 'step', '', 'why'],
          nodes.map((node) => [node.id, node.step ?? pc.dim(node.kind), word(node.cached), node.reason]),
        ),
      );
    } finally {
      await planning.close();
    }
  });
}
