/** The runs of a loop: started as children that outlive it, and followed to their end across its own beginnings. */

import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, proxyActivities, sleep, startChild, WorkflowIdReusePolicy } from '@temporalio/workflow';
import type { LoopActivities, RunEnd, RunOrder } from '#contracts/loop/activities.ts';
import type { RunEnvelope } from '#contracts/run.ts';
import { searchAttribute } from '#contracts/search-attribute.ts';

/** Not a local activity: two of those at once may be told in another order when a task is done again. */
const { runEnd: look } = proxyActivities<Pick<LoopActivities, 'runEnd'>>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
});

/** Between two looks at a run that an earlier execution of the loop started, ms. */
const FIRST_LOOK = 2_000;
const LAST_LOOK = 120_000;

/**
 * Starts the run. What is answered is its end: awaited as a child's. A run of this id that exists already, started by
 * another way, is the one that is meant.
 */
export async function startRun(
  pipeline: string,
  environment: string,
  order: RunOrder,
): Promise<{ end: Promise<void> }> {
  const { runId, trigger, asOf, params } = order;
  const envelope: RunEnvelope = { trigger, asOf, environment };
  try {
    const child = await startChild(pipeline, {
      workflowId: runId,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [params, envelope],
      typedSearchAttributes: [
        searchAttribute('RatchetPipeline', pipeline),
        searchAttribute('RatchetTrigger', trigger.kind),
      ],
      staticSummary: trigger.reason.slice(0, 200),
      staticDetails: (trigger.reasons ?? [])
        .map(({ words }) => `* ${words}`)
        .join('\n')
        .slice(0, 5_000),
    });
    const over = () => undefined;
    return { end: child.result().then(over, over) };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { end: Promise.resolve() };
    throw error;
  }
}

/** How it ended, looked at until it did. */
export async function runEnd(runId: string): Promise<RunEnd> {
  for (let wait = FIRST_LOOK; ; wait = Math.min(LAST_LOOK, wait * 2)) {
    const ended = await look({ runId });
    if (ended) return ended;
    await sleep(wait, { summary: `Until it is asked again how ${runId} ended`.slice(0, 200) });
  }
}
