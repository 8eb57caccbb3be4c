/** Signals to loops on the embedded stack: until each is decided upon, by what the loops say and by their records. */
import { setTimeout as pause } from 'node:timers/promises';
import { loopStatus, tellLoop } from '#adapters/temporal/loops.ts';
import { each } from '#contracts/each.ts';
import type { LoopStatus } from '#contracts/loop/answers.ts';
import { workflowId } from '#contracts/names.ts';
import { readDecisions } from '#records/decisions.ts';
import type { ManyPipelines } from './world.ts';

const AT_ONCE = 24;
const EACH = 5;

/** Every pipeline is told of a few rows five times. */
export async function burstToAll({ client, store, names }: ManyPipelines) {
  const before = await eventsOf(client, names);
  const at = new Date().toISOString();
  const sent = names.flatMap((pipeline) =>
    Array.from({ length: EACH }, (_, n) => ({ pipeline, id: `burst-${pipeline}-${n}` })),
  );
  const began = performance.now();
  await each(AT_ONCE, sent, ({ pipeline, id }) => tellLoop(client, { pipeline }, 'dataArrived', { id, at, rows: 1 }));
  const acknowledged = since(began);
  await each(AT_ONCE, names, (pipeline) => until(client, pipeline, (status) => status.newRows === EACH));
  const decided = since(began);
  const recorded = await each(AT_ONCE, names, (pipeline) => recordedIds(store, pipeline, EACH));
  const ids = new Set(recorded.flat());
  return {
    sent: sent.length,
    acknowledgedSeconds: acknowledged,
    decidedSeconds: decided,
    /** Acknowledged, and in no decision of the store. */
    lost: sent.filter(({ id }) => !ids.has(id)).length,
    eventsAPipeline: ((await eventsOf(client, names)) - before) / names.length,
  };
}

/** As fast as Temporal takes them, to one loop. */
export async function floodOne({ client, names }: ManyPipelines, count: number) {
  const pipeline = names.at(-1) ?? '';
  const taken = (await until(client, pipeline, () => true)).taken;
  const at = new Date().toISOString();
  const ids = Array.from({ length: count }, (_, n) => `flood-${n}`);
  const began = performance.now();
  await each(64, ids, (id) => tellLoop(client, { pipeline }, 'labelsArrived', { id, at, until: at }));
  const acknowledged = since(began);
  await until(client, pipeline, (status) => status.taken >= taken + count && status.undecided === 0);
  return { acknowledgedSeconds: acknowledged, decidedSeconds: since(began) };
}

/**
 * From the call that tells of enough rows to the start of the run, ms, one after another. Event times lie hours apart,
 * so that no cool-down holds a run back, and before all others that this loop is told: its clock only goes forward.
 */
export async function signalToStart({ client, names }: ManyPipelines, count: number): Promise<number[]> {
  const pipeline = names[0] ?? '';
  const waits: number[] = [];
  const first = Date.parse('2020-01-01T00:00:00Z');
  let last: string | undefined;
  for (let n = 0; n < count; n++) {
    const at = new Date(first + n * 7_200_000).toISOString();
    const told = Date.now();
    await tellLoop(client, { pipeline }, 'dataArrived', { id: `start-${n}`, at, rows: 1_000 });
    const { watermark } = await until(
      client,
      pipeline,
      ({ run, watermark: mark }) => run === null && mark !== null && mark.runId !== last,
    );
    last = watermark?.runId ?? '';
    const { startTime } = await client.workflow.getHandle(last).describe();
    waits.push(startTime.getTime() - told);
  }
  return waits.sort((a, b) => a - b);
}

/** Events in the histories of all loops. */
export async function eventsOf(client: ManyPipelines['client'], names: readonly string[]): Promise<number> {
  const lengths = await each(
    AT_ONCE,
    names,
    async (name) => (await client.workflow.getHandle(workflowId.loop(name)).describe()).historyLength,
  );
  return lengths.reduce((sum, length) => sum + length, 0);
}

async function until(
  client: ManyPipelines['client'],
  pipeline: string,
  holds: (status: LoopStatus) => boolean,
): Promise<LoopStatus> {
  for (;;) {
    const status = await loopStatus(client, { pipeline });
    if (status && holds(status)) return status;
    await pause(50);
  }
}

/** The store has a page a moment after the loop decided. */
async function recordedIds(store: ManyPipelines['store'], pipeline: string, wanted: number): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const decisions = await readDecisions(store, pipeline);
    const ids = decisions.flatMap(({ evidence }) => evidence);
    if (ids.length >= wanted || tries === 100) return ids;
    await pause(100);
  }
}

const since = (began: number) => (performance.now() - began) / 1_000;
