/** One node instance: finds the executor of its kind and reports start and end. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { PlanNode } from '#contracts/plan.ts';
import { runApproval } from './approval.ts';
import { runAttempt } from './attempt.ts';
import { runWhen } from './branch.ts';
import { runChild } from './child.ts';
import type { Engine, Instance } from './engine.ts';
import { failureOf, nodeFailed } from './failure.ts';
import { runMap, runMapSettled } from './map.ts';
import { runRepeat } from './repeat.ts';
import type { Scope } from './scope.ts';
import { runStep } from './step.ts';
import type { Value } from './templates.ts';
import { runWait } from './wait.ts';

const executors: Record<PlanNode['kind'], (instance: Instance) => Promise<Value>> = {
  run: runStep,
  child: runChild,
  when: runWhen,
  map: runMap,
  mapSettled: runMapSettled,
  repeat: runRepeat,
  approval: runApproval,
  wait: runWait,
  attempt: runAttempt,
  always: async ({ engine, node, scope }) => {
    for (const block of node.blocks ?? []) await engine.runBlock(engine, block, scope);
    return null;
  },
};

/** The node's value. Throws NodeFailed, DependencyFailed or CancelledFailure. */
export async function runNode(engine: Engine, node: PlanNode, scope: Scope): Promise<Value> {
  const id = scope.prefix + node.id;
  const startedAt = Date.now();
  engine.reports.set(node, scope.prefix, { status: 'running' });
  try {
    const value = await executors[node.kind]({ engine, node, scope, id });
    const report = engine.reports.get(id);
    // `kept` is said by whoever kept it; a step tells its own ms, measured where it ran.
    if (report?.status === 'running')
      engine.reports.set(node, scope.prefix, {
        status: 'done',
        progress: null,
        ms: report.ms ?? Date.now() - startedAt,
      });
    return value;
  } catch (error) {
    // Somebody ended an activity or a child by hand, while the run itself goes on: that is a failure, not a cancellation.
    if (isCancellation(error) && !CancellationScope.current().consideredCancelled)
      throw nodeFailed('StepFailed', id, `node ${id} was cancelled from outside of its run`);
    throw failureOf(error, id);
  }
}
