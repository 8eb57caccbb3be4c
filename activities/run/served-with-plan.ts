/** What the cache has for a plan, as much of it as travels with the plan. */
import type { PlannedRun } from '#contracts/activities.ts';
import { jsonBytes, PLAN_LIMIT } from '#contracts/json.ts';
import type { NodeRecord } from '#contracts/run.ts';
import type { StepCache } from '../dispatch/cached-step.ts';
import { servedByCache } from '../dispatch/plan-cache.ts';

/** A store that answers slowly holds a run's start up no longer than this, ms. */
const PATIENCE_MS = 2_000;

/** What finds no room beside the plan, or no time, its step finds by itself. */
export async function servedWithPlan(
  cache: StepCache,
  { plan, run, kept }: Pick<PlannedRun, 'plan' | 'run' | 'kept'>,
): Promise<NodeRecord[]> {
  const served: NodeRecord[] = [];
  let room = PLAN_LIMIT - jsonBytes(plan);
  const late = AbortSignal.timeout(PATIENCE_MS);
  const serve = (record: NodeRecord) => {
    const bytes = jsonBytes(record) + 1;
    if (bytes > room || late.aborted) return;
    room -= bytes;
    served.push(record);
  };
  await Promise.race([
    servedByCache(cache, plan, run, { kept, signal: late, serve }),
    new Promise<void>((end) => late.addEventListener('abort', () => end(), { once: true })),
  ]);
  return served;
}
