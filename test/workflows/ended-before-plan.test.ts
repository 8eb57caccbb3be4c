/** Runs that end before their plan is made: refused, cancelled, or ended by force. Each leaves a record, which can be taken up. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asActivities } from '#activities/dispatch/failure.ts';
import type { Temporal } from '#adapters/temporal/connection.ts';
import { startRun } from '#adapters/temporal/start-run.ts';
import { endedRun, readRun } from '#cli/kit/runs/reader.ts';
import type { Session } from '#cli/kit/session.ts';
import { runRows } from '#cli/verbs/runs/list-runs.ts';
import { originOf } from '#cli/verbs/show/show-run.ts';
import { UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import { RunRecord } from '#contracts/run.ts';
import { createRuns } from '#gateway/recorded-runs.ts';
import type { Executor } from '#ports/executor.ts';
import type { Tracking } from '#ports/tracking.ts';
import { namesRecord, writeRecord } from '#records/runs.ts';
import { lookAfterRuns } from '#workers/after-runs.ts';
import { writeMissingRecord } from '#workers/missing-records.ts';
import { createFolderStore } from '../conformance/folder-store.ts';
import { type Harness, type PipelineCase, startDevServer, startHarness, step } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-unplanned-'));
const store = createFolderStore(folder);
let harness: Harness;
let looking: ReturnType<typeof lookAfterRuns>;
/** No run can write its record itself. */
let refusing = false;
beforeAll(async () => {
  harness = await startHarness({
    environment: await startDevServer(),
    activities: asActivities({
      writeRecord: async (record: RunRecord) => {
        if (refusing) throw new UserError('OutsideRefused', 'the disk is full');
        return writeRecord(store, record);
      },
    }),
  });
  looking = lookAfterRuns({
    ...{ store, environment: 'dev', log: pino({ level: 'silent' }), temporal: { client: client() } as Temporal },
    // No job is there, and of these runs nothing is asked of MLflow.
    executor: { list: async () => [], reap: async () => ({ stopped: [], removed: [] }) } as never as Executor,
    tracking: {} as Tracking,
  });
});
afterAll(async () => {
  looking?.stop();
  await harness?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const client = () => harness.environment.client;
async function recordOf(id: string): Promise<RunRecord | null> {
  // An id that can name none has none.
  const body = namesRecord(store, id) ? await store.get(storeKey.record(id)) : null;
  return body && RunRecord.parse(JSON.parse(Buffer.from(body).toString('utf8')));
}
/** As much of a session as reading runs takes. */
const session = () =>
  ({ store, environment: 'dev', record: recordOf, temporal: async () => ({ client: client() }) }) as unknown as Session;

const killed = 'The plan could not be made: its process was killed 3 times in a row.';
const steps: PipelineCase['steps'] = { echo: (input) => input };
const nodes = [step('a', 'echo', 1)];
const refused = () =>
  harness.pipeline({
    ...{ nodes, steps },
    plan: () => {
      throw ApplicationFailure.nonRetryable(killed, 'StepHostDied');
    },
  });
/** Its plan is tried again without end. */
const waiting = () =>
  harness.pipeline({
    ...{ nodes, steps },
    plan: () => {
      throw new Error('the store is away');
    },
  });
const asked = {
  params: { learningRate: 0.3 },
  asOf: '2026-03-01T00:00:00.000Z',
  trigger: { kind: 'drift', id: 'd7', reason: 'share 0.4 is above 0.3', who: 'loop' },
} as const;
/** As soon as a worker has looked. */
const written = (id: string) =>
  expect
    .poll(() => recordOf(id), { timeout: 120_000 })
    .not.toBeNull()
    .then(() => recordOf(id));
const planning = (pipeline: string) =>
  expect.poll(() => harness.plans.some((plan) => plan.pipeline === pipeline)).toBe(true);

test('a plan that is refused leaves a record of what was asked and what went wrong', async () => {
  const pipeline = refused();
  const { runId, workflow } = await startRun(client(), { pipeline, ...asked });
  await expect(workflow.result()).rejects.toThrow();
  const record = await written(runId);
  expect(record).toMatchObject({
    ...{ plan: null, startedWith: { params: asked.params }, outcomes: [], approvals: [], resumedFrom: null },
    run: { id: runId, pipeline, environment: 'dev', model: null, asOf: asked.asOf, trigger: asked.trigger },
    result: { runId, pipeline, status: 'failed', reasons: [killed], nodes: [], verdict: null },
    failure: { type: 'StepHostDied', message: killed, node: null },
  });

  // The listing, the reader, the gateway, and who takes it up.
  expect(await runRows(session(), pipeline, 5)).toMatchObject([
    { runId, status: 'failed', trigger: 'drift', why: killed, modelVersion: null },
  ]);
  expect(await readRun(session(), runId)).toEqual({ kind: 'ended', record });
  expect(originOf(record as RunRecord, null)).toContain('params    {"learningRate":0.3}');
  expect((await endedRun(session(), runId, 'retry')).run.id).toBe(runId);
  const gateway = createRuns({ client: client(), store });
  expect(await gateway.find(runId)).toEqual({ kind: 'ended', record });
  expect(await gateway.list(pipeline, 5)).toMatchObject([{ runId, status: 'failed', why: killed }]);
});

test('whoever asks for it before a worker has looked writes it, in its own environment', async () => {
  const { runId, workflow } = await startRun(client(), { pipeline: refused(), ...asked });
  await expect(workflow.result()).rejects.toThrow();
  const recorder = { client: client(), store: createFolderStore(join(folder, 'other')), environment: 'dev' };
  expect(await writeMissingRecord({ ...recorder, environment: 'prod' }, runId)).toBeNull();
  expect(await writeMissingRecord(recorder, runId)).toEqual(await written(runId));
  // Once.
  expect(await writeMissingRecord(recorder, runId)).toBeNull();
});

test('so does a run whose second argument is wrong, and one that was cancelled while it waited for its plan', async () => {
  const pipeline = waiting();
  const start = (id: string, envelope: unknown) =>
    client().workflow.start(pipeline, {
      ...{ taskQueue: 'ratchet', workflowId: `run/${pipeline}/${id}` },
      args: [{ a: 1 }, envelope],
    });
  const wrong = await start('wrong', { asOf: 'yesterday' });
  await expect(wrong.result()).rejects.toThrow();
  expect(await written(wrong.workflowId)).toMatchObject({
    ...{ plan: null, startedWith: { params: { a: 1 } } },
    run: { trigger: { kind: 'manual', id: 'wrong', reason: 'started by hand' } },
    failure: { type: 'InvalidInput', message: expect.stringMatching(/second argument is wrong: asOf/) },
  });

  const left = await start('left', { resume: { runId: 'run/x/1', mode: 'fork', from: 'b' } });
  await planning(pipeline);
  await left.cancel();
  await expect(left.result()).rejects.toThrow();
  expect(await written(left.workflowId)).toMatchObject({
    ...{ plan: null, startedWith: { params: { a: 1 }, from: 'b' }, resumedFrom: 'run/x/1', failure: null },
    result: { status: 'cancelled', reasons: ['cancelled'], nodes: [] },
  });
});

test('terminated or out of time before its plan; one whose id can name no record keeps nobody waiting', async () => {
  const odd = await client().workflow.start(refused(), { taskQueue: 'ratchet', workflowId: 'run/../odd' });
  await expect(odd.result()).rejects.toThrow();
  const pipeline = waiting();
  const { runId, workflow } = await startRun(client(), { pipeline, ...asked });
  const late = await client().workflow.start(pipeline, {
    ...{ taskQueue: 'ratchet', workflowId: `run/${pipeline}/late`, workflowRunTimeout: '2s', args: [{ b: 2 }] },
  });
  await planning(pipeline);
  await workflow.terminate('it is wrong');
  await expect(late.result()).rejects.toThrow();
  const words = 'the run was ended by force: it is wrong';
  expect(await written(runId)).toMatchObject({
    ...{ plan: null, startedWith: { params: asked.params }, run: { trigger: asked.trigger, asOf: asked.asOf } },
    ...{ result: { status: 'failed', reasons: [words] }, failure: { type: 'RunFailed', message: words } },
  });
  expect(await written(late.workflowId)).toMatchObject({
    startedWith: { params: { b: 2 } },
    failure: { message: expect.stringContaining('longer than the time limit') },
  });
  expect(await readRun(session(), odd.workflowId)).toMatchObject({ kind: 'unrecorded', result: { reasons: [killed] } });
});

test('a run with a plan whose record was refused has it from its history, too', async () => {
  refusing = true;
  const boom = () => {
    throw ApplicationFailure.nonRetryable('the disk is on fire', 'StepFailed');
  };
  const pipeline = harness.pipeline({
    nodes: [...nodes, step('b', 'boom', null, { after: ['a'] })],
    steps: { ...steps, boom },
  });
  const { runId, workflow } = await startRun(client(), { pipeline, ...asked });
  await expect(workflow.result()).rejects.toThrow();
  refusing = false;
  expect(await written(runId)).toMatchObject({
    result: { status: 'failed', nodes: [{ id: 'a', status: 'done' }, { id: 'b' }] },
    ...{
      failure: { type: 'StepFailed', message: 'the disk is on fire', node: 'b' },
      outcomes: [{ id: 'a', output: 1 }],
    },
  });
});
