/** Signals from eight senders at once, and what became of the loop's histories. */

import { waitUntil } from '../fixtures/wait-until.ts';
import type { LoopWorld } from './loop-world.ts';

export interface Flood {
  /** Acknowledged by the server. */
  ids: string[];
  /** Oldest first. */
  histories: { signals: number; events: number }[];
  /** Signals a second. */
  rate: number;
}

const SENDERS = 8;
const IN_FLIGHT = 8;

export async function flood(world: LoopWorld, pipeline: string, count: number): Promise<Flood> {
  const at = new Date().toISOString();
  const ids: string[] = [];
  let next = 0;
  const began = performance.now();
  const send = async () => {
    for (let n = next++; n < count; n = next++)
      ids.push(await world.tell(pipeline, 'dataArrived', { id: `s${n}`, at, rows: 1 }));
  };
  await Promise.all(Array.from({ length: SENDERS * IN_FLIGHT }, send));
  const rate = (count / (performance.now() - began)) * 1_000;
  await world.until(pipeline, ({ taken, undecided }) => taken >= count && undecided === 0);
  const told = () => world.decisions(pipeline).reduce((sum, { evidence }) => sum + evidence.length, 0);
  await waitUntil(
    async () => told(),
    (seen) => seen >= count,
    500_000,
  );
  return { ids, histories: await historiesOf(world, pipeline), rate };
}

export async function historiesOf(world: LoopWorld, pipeline: string): Promise<Flood['histories']> {
  const { client } = world.harness.environment;
  const found: Flood['histories'] = [];
  let runId: string | undefined = (await client.workflow.getHandle(`loop/${pipeline}`).describe()).runId;
  while (runId) {
    const { events } = await client.workflow.getHandle(`loop/${pipeline}`, runId).fetchHistory();
    const signals = events?.filter((event) => event.workflowExecutionSignaledEventAttributes).length ?? 0;
    found.unshift({ signals, events: events?.length ?? 0 });
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
  }
  return found;
}
