/**
 * kill -9 of Temporal, of the worker, or of both, at random points of the lives of four loops that start over every few
 * signals. Contract: what was acknowledged to a client is decided upon; what is decided upon was sent; evidence counts
 * once; a run that was promised came; one run at a time, and none twice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import fc from 'fast-check';
import { newRows } from 'ratchet-ml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectTemporal } from '#adapters/temporal/connection.ts';
import { askRetrain, loopStatus, tellLoop } from '#adapters/temporal/loops.ts';
import type { Decision } from '#contracts/decision.ts';
import type { RetrainAnswer } from '#contracts/loop/answers.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { readDecisions } from '#records/decisions.ts';
import { createFolderStore } from '../conformance/folder-store.ts';
import { waitUntil } from '../fixtures/wait-until.ts';
import { startTemporal, type TestTemporal } from '../servers/temporal.ts';
import { type ExtraWorker, startExtraWorker } from '../world/worker.ts';

const SCHEDULES = 12;
const LOOPS = 4;
const SENDS = 40;
const seed = Number(process.env.RATCHET_SEED) || Date.now() % 2 ** 31;
const nameOf = (schedule: number, loop: number) => `crash-${schedule}-${loop}`;

let temporal: TestTemporal;
let worker: ExtraWorker;
let client: Client;
let folder: string;
const endings: (() => unknown)[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-crashes-'));
  endings.push(() => rmSync(folder, { recursive: true, force: true }));
  temporal = await startTemporal();
  endings.push(temporal.close);
  const pipelines = Array.from({ length: SCHEDULES * LOOPS }, (_, n) => nameOf(Math.floor(n / LOOPS), n % LOOPS));
  worker = await startExtraWorker({
    command: [
      ...[process.execPath, '--import', 'tsx', new URL('./loop-worker.ts', import.meta.url).pathname],
      ...[temporal.address, folder, ...pipelines],
    ],
    cwd: new URL('../../', import.meta.url).pathname,
    env: process.env,
    log: join(folder, 'worker.log'),
  });
  endings.push(worker.stop);
  const connected = await connectTemporal({ address: temporal.address, namespace: 'default', env: {} });
  client = connected.client;
  endings.push(() => connected.close());
});
afterAll(async () => {
  for (const end of endings.reverse()) await end();
});

const kill = fc.record({
  who: fc.constantFrom('server', 'worker', 'both'),
  /** After so many sends of all loops, and so long after that, ms. */
  after: fc.nat(LOOPS * SENDS - 1),
  delay: fc.nat(200),
  /** How long the server stays away, ms. */
  away: fc.nat(1_000),
});
const send = fc.record({
  kind: fc.constantFrom('data', 'data', 'data', 'fired', 'retrain'),
  rest: fc.nat(40),
  /** Somebody sends it twice. */
  twice: fc.boolean(),
});
const schedule = fc.record({
  kills: fc.array(kill, { minLength: 1, maxLength: 3 }),
  sends: fc.array(fc.array(send, { minLength: SENDS, maxLength: SENDS }), { minLength: LOOPS, maxLength: LOOPS }),
});
type Kill = typeof kill extends fc.Arbitrary<infer K> ? K : never;
type Send = typeof send extends fc.Arbitrary<infer S> ? S : never;

interface Sent {
  all: Set<string>;
  acknowledged: Set<string>;
  answers: RetrainAnswer[];
}

async function strike({ who, delay, away }: Kill): Promise<void> {
  await pause(delay);
  if (who !== 'server') killWorker();
  if (who === 'worker') return;
  await temporal.server.kill();
  await pause(away);
  await temporal.server.start();
}

/** Another strike may have killed it a moment ago. */
function killWorker(): void {
  const pid = worker.pid();
  try {
    if (pid) process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function sendAll(pipeline: string, sends: readonly Send[], before: () => void): Promise<Sent> {
  const sent: Sent = { all: new Set(), acknowledged: new Set(), answers: [] };
  for (const [n, { kind, rest, twice }] of sends.entries()) {
    const id = `${kind}-${n}`;
    const at = new Date().toISOString();
    before();
    sent.all.add(id);
    const deliver = async () => {
      if (kind === 'data') await tellLoop(client, { pipeline }, 'dataArrived', { id, at, rows: 1 });
      else if (kind === 'fired')
        await tellLoop(client, { pipeline }, 'fired', { id, at, trigger: 'upstream', detail: 'another' });
      else sent.answers.push(await askRetrain(client, { pipeline }, { id, by: 'the test', reason: 'chaos' }));
      sent.acknowledged.add(id);
    };
    // Whoever learns that it was not taken has nothing to expect.
    await Promise.all(Array.from({ length: twice ? 2 : 1 }, () => deliver().catch(() => undefined)));
    await pause(rest);
  }
  return sent;
}

/** Once nothing goes on and nothing waits. */
async function settled(pipeline: string): Promise<Decision[]> {
  const store = createFolderStore(folder);
  const look = async () => {
    const status = await loopStatus(client, { pipeline }).catch(() => null);
    const idle = status && !status.run && !status.next && status.undecided === 0;
    const decisions = idle ? await readDecisions(store, pipeline, { limit: 100_000 }) : [];
    return { status, decisions, settled: idle === true && decisions.length === status.decided };
  };
  const { decisions } = await waitUntil(look, ({ settled }) => settled, 500_000);
  return decisions.reverse();
}

async function examine(pipeline: string, sent: Sent, decisions: Decision[]): Promise<number> {
  const decided = decisions.flatMap(({ evidence }) => evidence);
  expect([...sent.acknowledged].filter((id) => !decided.includes(id))).toEqual([]);
  expect(decided.filter((id) => !sent.all.has(id))).toEqual([]);
  const evidence = decided.filter((id) => !id.startsWith('retrain'));
  expect(evidence).toHaveLength(new Set(evidence).size);
  expect(decisions.map(({ number }) => number)).toEqual(decisions.map((_, n) => n + 1));
  const runs = decisions.flatMap(({ outcome, runId }) => (outcome === 'run' && runId ? [runId] : []));
  expect(runs).toHaveLength(new Set(runs).size);
  const promised = sent.answers.map((answer) =>
    answer.outcome === 'started' ? answer.runId : answer.outcome === 'queued' ? answer.nextRunId : answer.reason,
  );
  expect(promised.filter((runId) => !runs.includes(runId))).toEqual([]);
  await expect.poll(async () => (await client.workflow.count(`WorkflowType = '${pipeline}'`)).count).toBe(runs.length);
  const times = await Promise.all(
    runs.map(async (runId) => {
      const { startTime, closeTime } = await client.workflow.getHandle(runId).describe();
      return { from: startTime.getTime(), to: closeTime?.getTime() ?? Number.POSITIVE_INFINITY };
    }),
  );
  expect(times.filter(({ from }, n) => n > 0 && from < (times[n - 1]?.to ?? 0))).toEqual([]);
  return runs.length;
}

test('whatever dies, what was acknowledged is decided upon, and runs come one at a time', async () => {
  console.log(`seed ${seed}: RATCHET_SEED repeats it`);
  let next = 0;
  const total = { kills: 0, acknowledged: 0, decided: 0, runs: 0, executions: 0 };
  await fc.assert(
    fc.asyncProperty(schedule, async ({ kills, sends }) => {
      const number = next++ % SCHEDULES;
      for (const loop of sends.keys()) {
        const pipeline = nameOf(number, loop);
        const policy = LoopPolicy.parse({ pipeline, triggers: newRows({ atLeast: 10 }), limits: { coolDown: '0s' } });
        const args = [{ pipeline, environment: 'dev', policy, signalsAHistory: 8 }];
        await client.workflow.start('loop', { workflowId: `loop/${pipeline}`, taskQueue: 'ratchet', args });
      }
      // One after another, however close together they were drawn.
      let striking = Promise.resolve();
      let begun = 0;
      const before = () => {
        const count = begun++;
        for (const each of kills) if (each.after === count) striking = striking.then(() => strike(each));
      };
      const sent = await Promise.all(sends.map((each, loop) => sendAll(nameOf(number, loop), each, before)));
      await striking;
      for (const [loop, each] of sent.entries()) {
        const pipeline = nameOf(number, loop);
        const decisions = await settled(pipeline);
        total.runs += await examine(pipeline, each, decisions);
        total.acknowledged += each.acknowledged.size;
        total.decided += new Set(decisions.flatMap(({ evidence }) => evidence)).size;
      }
      total.kills += kills.length;
    }),
    { numRuns: SCHEDULES, seed, endOnFailure: true },
  );
  console.log(
    `${SCHEDULES} schedules, ${total.kills} kills, ${SCHEDULES * LOOPS} loops: ${total.acknowledged} ids acknowledged, ${total.decided} decided upon, ${total.runs} runs`,
  );
}, 1_800_000);
