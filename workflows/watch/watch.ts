/**
 * Started by a Temporal Schedule: looks at a pipeline's data and at how its champion does, and tells the loop.
 * Its findings have ids of what they are about, so that a watch that is repeated tells nothing twice.
 */
import { ApplicationFailure } from '@temporalio/common';
import { proxyActivities } from '@temporalio/workflow';
import type { Json } from '#contracts/json.ts';
import type { WatchActivities, WatchFinding, WatchRequest } from '#contracts/loop/activities.ts';
import type { TriggerCondition } from '#contracts/trigger-condition.ts';
import { describe } from '../run/interpreter/failure.ts';
import { askWorker } from '../run/interpreter/local.ts';
import { scheduledTime } from './fire.ts';

const activities = proxyActivities<WatchActivities>({
  startToCloseTimeout: '2h',
  heartbeatTimeout: '30s',
  // The next watch sees what this one did not: it need not try for ever.
  retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 5 },
});

interface WatchArguments {
  pipeline: string;
  environment: string;
}

/** What was found, by its signal; and what could not be looked at. */
export async function watch(raw: unknown): Promise<{ told: string[]; failed: string[]; notes?: string[] }> {
  const { pipeline, environment = 'dev' } = (raw ?? {}) as Partial<WatchArguments>;
  if (!pipeline) throw ApplicationFailure.nonRetryable('watch needs { pipeline }', 'InvalidInput');
  const asOf = scheduledTime();
  const start = await askWorker<WatchActivities>().watchStart({ pipeline });
  if (!start) return { told: [], failed: [] };
  const request: WatchRequest = { ...start, asOf };
  const failed: string[] = [];
  const look = async <T>(what: string, work: Promise<T>): Promise<T | null> => {
    try {
      return await work;
    } catch (error) {
      failed.push(`${what}: ${describe(error).message}`);
      return null;
    }
  };
  // Rows first: drift and performance are measured on files that were counted.
  const found: (WatchFinding | null)[] = [await look('data', activities.watchData(request))];
  found.push(await look('drift', activities.watchDrift(request)));
  found.push(await look('performance', activities.watchPerformance(request)));
  // Only where a trigger asks: the others' histories stay as they are.
  if (asksForEstimate(start.policy.triggers)) found.push(await look('estimate', activities.watchEstimate(request)));
  if (start.policy.watch?.skew) found.push(await look('skew', activities.watchSkew(request)));
  const alias = await look('alias', activities.watchAlias(request));
  const evidence = found.flatMap((finding) => finding?.evidence ?? []);
  const marks = [...found, alias].map((finding) => finding?.mark ?? {});
  const mark: Record<string, Json> = Object.assign({}, start.mark, ...marks);
  await activities.tellFindings({
    ...{ pipeline, environment, evidence, mark, handMove: alias?.handMove ?? null },
    ...(alias?.moves ? { moves: alias.moves } : {}),
  });
  if (failed.length > 0) throw ApplicationFailure.nonRetryable(failed.join('; '), 'StepFailed');
  const notes = found.flatMap((finding) => finding?.notes ?? []);
  return { told: evidence.map(({ signal }) => signal), failed, ...(notes.length > 0 ? { notes } : {}) };
}

function asksForEstimate(condition: TriggerCondition | null): boolean {
  if (condition === null || !('of' in condition)) return condition?.kind === 'estimatedPerformance';
  return Array.isArray(condition.of) ? condition.of.some(asksForEstimate) : asksForEstimate(condition.of);
}
