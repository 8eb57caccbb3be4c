import { condition } from '@temporalio/workflow';
import { Duration, milliseconds } from '#contracts/duration.ts';
import { type Instance, keep, record } from './engine.ts';
import { DependencyFailed, nodeFailed } from './failure.ts';
import { inputOf } from './input.ts';
import type { Value } from './templates.ts';

/** A durable timer: also runs while no worker does. Not waited for again by a retry. */
export async function runWait(instance: Instance): Promise<Value> {
  const input = inputOf(instance);
  const duration = Duration.safeParse((input as { duration?: unknown } | null)?.duration);
  if (!duration.success)
    throw nodeFailed(
      'InvalidPipeline',
      instance.id,
      `node ${instance.id}: wait needs a duration such as 90s or 2h, not ${JSON.stringify(input)}`,
    );
  if (keep(instance, 'wait', input)) return null;
  const ms = milliseconds(duration.data);
  if (await condition(() => instance.scope.stopped, ms, { summary: `${instance.id}: wait ${duration.data}` }))
    throw new DependencyFailed('the run failed elsewhere');
  record(instance, { step: 'wait', input, output: null, cached: false, reason: '', key: null, ms });
  return null;
}
