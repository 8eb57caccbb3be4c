/** `ratchet run`. */
import { startRun } from '#adapters/temporal/start-run.ts';
import { createPlanning } from '#workers/planning.ts';
import { createOutput } from '../../kit/output.ts';
import { followToEnd } from '../../kit/runs/follow.ts';
import { withSession } from '../../kit/session.ts';
import type { RunOptions } from './options.ts';

export async function runPipeline(pipeline: string, options: RunOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    const asOf = options.asOf ? { asOf: options.asOf } : {};
    const planning = createPlanning(session);
    await planning.begin(pipeline);
    // They take as long to load as the process that builds the graph.
    session.load('temporal', ...(options.wait ? (['store'] as const) : []));
    try {
      // A mistake in the params or the graph is told here, before a run exists.
      await planning.plan({ pipeline, params: options.param, ...asOf });
    } finally {
      await planning.close();
    }
    const { client } = await session.temporal();
    const started = await startRun(client, {
      pipeline,
      params: options.param,
      environment: session.environment,
      trigger: { reason: options.reason, who: options.as, ...(options.triggerId ? { id: options.triggerId } : {}) },
      ...asOf,
    });
    await followToEnd(session, started, out, options.wait ?? false);
  });
}
