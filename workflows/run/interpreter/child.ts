import { ChildWorkflowCancellationType, executeChild, ParentClosePolicy } from '@temporalio/workflow';
import { milliseconds } from '#contracts/duration.ts';
import type { Json } from '#contracts/json.ts';
import { type Instance, keep, record } from './engine.ts';
import { nodeFailed } from './failure.ts';
import { inputOf } from './input.ts';
import type { Value } from './templates.ts';

/** A workflow of the user's own, on the task queue of the user's own worker; its id is the run's and the node's. */
export async function runChild(instance: Instance): Promise<Value> {
  const { engine, node, id } = instance;
  const type = node.step;
  const queue = node.options?.queue;
  if (!type || !queue)
    throw nodeFailed('InvalidPipeline', id, `node ${id}: a child names its workflow type and its task queue`);
  const input = inputOf(instance);
  const before = keep(instance, type, input);
  if (before) return before.output;
  const startedAt = Date.now();
  const output = ((await executeChild(type, {
    workflowId: `${engine.run.id}/${id}`,
    taskQueue: queue,
    args: [input],
    // A child whose run is gone is asked to stop, so that it can clean up.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    // Its effects are the run's: the run is not over before they are.
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    staticSummary: `${id} of ${engine.run.id}`,
    ...(node.options?.timeout ? { workflowExecutionTimeout: milliseconds(node.options.timeout) } : {}),
  })) ?? null) as Json;
  record(instance, { step: type, input, output, cached: false, reason: '', key: null, ms: Date.now() - startedAt });
  return output;
}
