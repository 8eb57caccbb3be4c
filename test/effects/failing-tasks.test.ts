/** Workflow tasks that fail again and again: they are seen, named with the server's reason, and the run ends with its record. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, type ExpectStatic, test } from 'vitest';
import { failingTask, workflowsThatFail } from '#adapters/temporal/failing-tasks.ts';
import { cancelRun, runProgress } from '#adapters/temporal/runs.ts';
import { startRun } from '#adapters/temporal/start-run.ts';
import { endedRun, readRun } from '#cli/kit/runs/reader.ts';
import type { Session } from '#cli/kit/session.ts';
import { runRows } from '#cli/verbs/runs/list-runs.ts';
import { nodeProgressSignal } from '#contracts/messages.ts';
import { RunRecord } from '#contracts/run.ts';
import { createRuns } from '#gateway/recorded-runs.ts';
import { writeMissingRecord } from '#workers/missing-records.ts';
import { createFolderStore } from '../conformance/folder-store.ts';
import { type Harness, raceWithTaskFailures, ref, startDevServer, startHarness, step } from '../workflows/harness.ts';

// Each has a queue of its own: what one waits for, others wait for as well.
let harness: Harness;
const folder = mkdtempSync(join(tmpdir(), 'ratchet-failing-'));
const store = createFolderStore(folder);
beforeAll(async () => {
  harness = await startHarness({ environment: await startDevServer() });
});
afterAll(async () => {
  await harness?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const client = () => harness.environment.client;
const workflows = (name: string) => join(import.meta.dirname, '../fixtures/workflows', name);
/** As much of a session as reading runs takes. */
const session = () =>
  ({
    ...{ store, environment: 'dev' },
    record: async (id: string) => {
      const body = await store.get(`records/${id}.json`);
      return body && RunRecord.parse(JSON.parse(Buffer.from(body).toString('utf8')));
    },
    temporal: async () => ({ client: client() }),
  }) as unknown as Session;

const failing = (expect: ExpectStatic, handle: WorkflowHandle) =>
  expect
    .poll(() => failingTask(handle), { timeout: 120_000, interval: 250 })
    .not.toBeNull()
    .then(() => failingTask(handle));

const echo = (input: never) => input;

/** A run that has done `a` and waits, on a queue whose worker is then exchanged for one with other workflows. */
async function stopped(expect: ExpectStatic, name: string, workflowsPath: string) {
  const first = await harness.addWorker(name);
  const pipeline = harness.pipeline({
    nodes: [
      step('a', 'echo', { n: 5 }),
      { id: 'nap', kind: 'wait', input: { duration: '1d' }, after: ['a'] },
      step('b', 'echo', ref('a'), { after: ['nap'] }),
    ],
    result: ref('b'),
    steps: { echo },
  });
  const runId = `run/${pipeline}/t`;
  const handle = await client().workflow.start(pipeline, { taskQueue: name, workflowId: runId, args: [{}, {}] });
  await expect
    .poll(async () => (await runProgress(client(), runId)).nodes.find(({ id }) => id === 'nap')?.status)
    .toBe('running');
  await first.stop();
  const second = await harness.addWorker(name, { workflowsPath });
  await handle.signal(nodeProgressSignal, { node: 'nap', text: 'wakes it' });
  return { pipeline, runId, handle, second };
}

test.concurrent('a task that throws is named with its reason, and the run that it stops ends with its record', async ({
  expect,
}) => {
  const { pipeline, runId, handle, second } = await stopped(expect, 'defect', workflows('throwing.ts'));
  const found = await failing(expect, handle);
  expect(found).toMatchObject({ workflow: runId, reason: "Cannot read properties of undefined (reading 'nodes')" });
  expect(found?.failures).toBeGreaterThanOrEqual(3);
  expect(Date.parse(found?.since ?? '')).toBeGreaterThan(Date.now() - 600_000);

  // Listed, read, and by the gateway: it cannot answer itself, and that is no missing worker.
  const [row] = await runRows(session(), pipeline, 20);
  expect(row).toMatchObject({ runId, status: 'running', failing: { workflow: runId } });
  expect(row?.why).toMatch(/has failed \d+ times since .*Cannot read properties.*ratchet cancel/s);
  const live = await readRun(session(), runId);
  expect(live).toMatchObject({ kind: 'live', failing: { workflow: runId } });
  expect(live.kind === 'live' && (await live.progress())).toMatchObject({ runId, pipeline, status: 'running' });
  const gateway = createRuns({ client: client(), store });
  expect(await gateway.find(runId)).toMatchObject({ kind: 'live', progress: { failing: { workflow: runId } } });
  expect((await gateway.list(pipeline, 5))[0]?.why).toMatch(/stands still: .*Cannot read/);
  await expect.poll(() => workflowsThatFail(client(), 50), { timeout: 120_000 }).toContain(runId);

  expect(await cancelRun(client(), runId, 'ann')).toMatchObject({ workflow: runId });
  await expect(handle.result()).rejects.toThrow();
  const ended = await readRun(session(), runId);
  const record = await session().record(runId);
  expect(ended).toEqual({ kind: 'ended', record });
  expect(RunRecord.parse(record)).toMatchObject({
    run: { id: runId, pipeline },
    result: {
      status: 'failed',
      nodes: [
        { id: 'a', status: 'done' },
        { id: 'nap', status: 'skipped' },
        { id: 'b', status: 'skipped' },
      ],
    },
    outcomes: [{ id: 'a', step: 'echo', input: { n: 5 }, output: { n: 5 } }],
  });
  expect(record?.failure?.message).toMatch(/ended by force: ann asked it to stop.*has failed \d+ times.*Cannot read/);
  expect(await runRows(session(), pipeline, 20)).toMatchObject([
    { runId, status: 'failed', why: record?.failure?.message },
  ]);
  expect((await endedRun(session(), runId, 'retry')).run.id).toBe(runId);
  await second.stop();
});

test.concurrent('workflows of another version are told as that, and the run goes on when its own are back', async ({
  expect,
}) => {
  const { runId, handle, second } = await stopped(expect, 'version', workflows('other-version.ts'));
  expect((await failing(expect, handle))?.reason).toMatch(
    /of another version than those that it began with \(.*ondetermin/i,
  );
  await second.stop();
  const again = await harness.addWorker('version');
  await expect.poll(() => failingTask(handle), { timeout: 120_000, interval: 250 }).toBeNull();
  expect(await cancelRun(client(), runId, 'ann')).toBeNull();
  await expect(handle.result()).rejects.toThrow();
  // Of its own accord: it wrote its record itself.
  expect(harness.records.get(runId)?.result.status).toBe('cancelled');
  await again.stop();
});

test.concurrent('a child that a run waits for in vain is named, and cancelling the run ends both', async ({
  expect,
}) => {
  const worker = await harness.addWorker('chunks', { workflowsPath: workflows('throwing-chunks.ts') });
  const body = { nodes: [step('each', 'echo', ref('wide/item'))], result: ref('each') };
  const pipeline = harness.pipeline({
    nodes: [{ id: 'wide', kind: 'map', input: Array.from({ length: 201 }, (_, n) => n), blocks: [body] }],
    steps: { echo },
  });
  const runId = `run/${pipeline}/t`;
  const handle = await client().workflow.start(pipeline, { taskQueue: 'chunks', workflowId: runId, args: [{}, {}] });
  const found = await failing(expect, handle);
  expect(found).toMatchObject({ reason: 'no item of this map' });
  expect(found?.workflow).toContain(`${runId}/wide/`);
  expect((await runRows(session(), pipeline, 20))[0]?.why).toContain(`${runId}/wide/`);
  for (let over = false; !over; ) {
    await cancelRun(client(), runId, 'ann');
    over = await Promise.race([
      handle.result().then(
        () => true,
        () => true,
      ),
      new Promise<boolean>((resolve) => setTimeout(resolve, 2_000, false)),
    ]).then((ended) => ended);
  }
  expect(harness.records.get(runId)?.result.status).toBe('cancelled');
  await worker.stop();
});

test.concurrent('a run that was terminated, by whomever, has its record from the next look on; others are left alone', async ({
  expect,
}) => {
  const pipeline = harness.pipeline({
    nodes: [step('a', 'echo', { n: 5 }), { id: 'nap', kind: 'wait', input: { duration: '1d' }, after: ['a'] }],
    steps: { echo },
  });
  const started = await startRun(client(), { pipeline, trigger: { id: 'ui' } });
  await expect
    .poll(async () => (await runProgress(client(), started.runId)).nodes.find(({ id }) => id === 'nap')?.status)
    .toBe('running');
  await started.workflow.terminate('it is wrong');
  const recorder = { client: client(), store, environment: 'dev' };
  expect(await writeMissingRecord({ ...recorder, environment: 'prod' }, started.runId)).toBeNull();
  expect(await session().record(started.runId)).toBeNull();
  const written = await writeMissingRecord(recorder, started.runId);
  expect(await session().record(started.runId)).toEqual(written);
  expect(written).toMatchObject({ result: { status: 'failed', reasons: ['the run was ended by force: it is wrong'] } });
  // Once.
  expect(await writeMissingRecord(recorder, started.runId)).toBeNull();
});

test.concurrent('a signal without a word fails no task: of a run, and of a wide map’s child', async ({ expect }) => {
  let go = () => {};
  const released = new Promise<void>((resolve) => {
    go = resolve;
  });
  const body = { nodes: [step('each', 'slow', ref('wide/item'))], result: ref('each') };
  const pipeline = harness.pipeline({
    nodes: [{ id: 'wide', kind: 'map', input: Array.from({ length: 201 }, (_, n) => n), blocks: [body] }],
    steps: { slow: () => released.then(() => 1) },
  });
  const { runId, workflow } = await startRun(client(), { pipeline, trigger: { id: 't' } });
  const child = client().workflow.getHandle(`${runId}/wide/0`);
  await expect
    .poll(() =>
      child.describe().then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  for (const handle of [workflow, child]) {
    await handle.signal('nodeProgress');
    await handle.signal('nodeProgress', 'epoch 1');
    await handle.signal('nodeProgress', { node: 7 });
  }
  go();
  await raceWithTaskFailures(child, child.result());
  expect(await harness.result(workflow)).toMatchObject({ status: 'finished' });
});

test.concurrent('a loop that stands still is listed by the server', async ({ expect }) => {
  const worker = await harness.addWorker('loops', { workflowsPath: workflows('throwing.ts') });
  const handle = await client().workflow.start('loop', {
    ...{ taskQueue: 'loops', workflowId: `loop/still-${Date.now()}`, args: [{}] },
  });
  expect(await failing(expect, handle)).toMatchObject({ workflow: handle.workflowId });
  await expect.poll(() => workflowsThatFail(client(), 50), { timeout: 120_000 }).toContain(handle.workflowId);
  await handle.terminate('enough');
  await worker.stop();
});
