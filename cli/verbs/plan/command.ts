import type { Json } from '#contracts/json.ts';
import { collectParam, readInstant } from '../../kit/options.ts';
import type { Verb } from '../../kit/verb.ts';

export const plan: Verb = (program) => {
  program
    .command('plan')
    .summary('show what a run would do, and what the cache would serve')
    .description(
      'Builds the plan that a run started now would follow, runs nothing, and says for each node whether it comes from the cache, and why not.',
    )
    .argument('<pipeline>', 'a folder of pipelines/')
    .option('--param <key=value>', 'a param, the value as JSON or text; repeat it for more', collectParam, {})
    .option('--as-of <time>', 'make the plan as if it were then', readInstant)
    .option('--json', 'print the plan and the cache as one JSON object')
    .action(async (pipeline: string, options: { param: Record<string, Json>; asOf?: string; json?: boolean }) => {
      const { printPlan } = await import('./print-plan.ts');
      await printPlan(pipeline, options);
    });
};
