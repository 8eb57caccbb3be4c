/** What a workflow's history weighs. */
import type { Client } from '@temporalio/client';

export interface HistorySize {
  events: number;
  bytes: number;
  /** Bytes of the largest payload. */
  largest: number;
}

export async function historySize(client: Client, workflowId: string): Promise<HistorySize> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const size = { events: events?.length ?? 0, bytes: 0, largest: 0 };
  const walk = (value: unknown): void => {
    if (value instanceof Uint8Array) {
      size.bytes += value.length;
      size.largest = Math.max(size.largest, value.length);
    } else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) walk(each);
  };
  walk(events);
  return size;
}

/** Of the children that a run's wide maps are cut into. */
export async function chunkSizes(client: Client, runId: string): Promise<HistorySize[]> {
  const sizes: HistorySize[] = [];
  for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = 'chunk'` }))
    if (workflowId.startsWith(`${runId}/`)) sizes.push(await historySize(client, workflowId));
  return sizes;
}

/** The largest of each. */
export function largestOf(sizes: readonly HistorySize[]): HistorySize {
  const most = (of: (size: HistorySize) => number) => Math.max(...sizes.map(of));
  return { events: most(({ events }) => events), bytes: most(({ bytes }) => bytes), largest: most((s) => s.largest) };
}
