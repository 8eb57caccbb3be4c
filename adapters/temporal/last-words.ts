/** The last word of each node that runs: in the heartbeats of its activity, so that no history grows by it. */
import { defaultPayloadConverter, type WorkflowExecutionDescription, type WorkflowHandle } from '@temporalio/client';
import type { RunProgress } from '#contracts/run.ts';

/**
 * The progress as the workflow tells it, with the newest word of every running node: the workflow itself hears few of them.
 * Asks the server only when a node runs. Nodes of a wide map's children are in no progress.
 * @param described when it was asked for already
 */
export async function withLastWords(
  workflow: WorkflowHandle,
  progress: RunProgress,
  described?: WorkflowExecutionDescription,
): Promise<RunProgress> {
  if (!progress.nodes.some(({ status }) => status === 'running')) return progress;
  const { pendingActivities } = (described ?? (await workflow.describe())).raw;
  const words = new Map((pendingActivities ?? []).map(lastWord));
  return {
    ...progress,
    nodes: progress.nodes.map((node) => {
      const word = node.status === 'running' ? words.get(node.id) : undefined;
      return word ? { ...node, progress: word } : node;
    }),
  };
}

type Activity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** The node and its word. An activity's id is its node's; a batch says itself which of its nodes it is at. */
function lastWord({ activityId, heartbeatDetails }: Activity): [node: unknown, text: string | undefined] {
  const [payload] = heartbeatDetails?.payloads ?? [];
  if (!payload) return [activityId, undefined];
  try {
    const details: unknown = defaultPayloadConverter.fromPayload(payload);
    const { node = activityId, text } = { ...(details as { node?: unknown; text?: unknown } | null) };
    return [node, typeof text === 'string' && text !== '' ? text : undefined];
  } catch {
    // Another program's activity, or one whose payloads are encrypted: its word stays unknown.
    return [activityId, undefined];
  }
}
