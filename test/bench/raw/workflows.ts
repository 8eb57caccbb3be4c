/** The same work written by hand on Temporal's SDK: what Ratchet's runs are compared with. */
import { executeChild, proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { RawActivities } from './activities.ts';

const { noop } = proxyActivities<RawActivities>({ startToCloseTimeout: '10m', heartbeatTimeout: '10s' });
const { lookForCode, writeRecord } = proxyLocalActivities<RawActivities>({ startToCloseTimeout: '2m' });

export async function seven(): Promise<number> {
  await lookForCode();
  let value = 0;
  for (let step = 0; step < 7; step++) value = (await noop({ value })).value;
  await writeRecord({ id: workflowInfo().workflowId, outcomes: [value] });
  return value;
}

export interface Cut {
  atOnce: number;
  chunks: { first: number; size: number }[];
}

/** `cut`: how a map too wide for one history is shared out among children; null for one that is not. */
export async function wide(width: number, concurrency: number, cut: Cut | null): Promise<number[]> {
  await lookForCode();
  const items = Array.from({ length: width }, (_, index) => index);
  const values = cut === null ? await pooled(items, concurrency, one) : await inChunks(items, concurrency, cut);
  await writeRecord({ id: workflowInfo().workflowId, outcomes: values });
  return values;
}

async function inChunks(items: number[], concurrency: number, { atOnce, chunks }: Cut): Promise<number[]> {
  const parts = await pooled(chunks, atOnce, ({ first, size }, index) =>
    executeChild(chunk, {
      workflowId: `${workflowInfo().workflowId}/${index}`,
      args: [items.slice(first, first + size), concurrency / atOnce],
    }),
  );
  return parts.flat();
}

export function chunk(items: number[], concurrency: number): Promise<number[]> {
  return pooled(items, concurrency, one);
}

const one = async (value: number) => (await noop({ value })).value;

async function pooled<A, B>(items: A[], atOnce: number, work: (item: A, index: number) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as A, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  return results;
}
