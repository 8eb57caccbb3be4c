/** A run is ended where it cannot see it: its trainer ends, MLflow's runs are closed as KILLED, the record is written. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { experimentName } from '#activities/model/trainer-job/trainer-job.ts';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import { identityOf } from '#adapters/process/process-identity.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { connectTemporal, type Temporal } from '#adapters/temporal/connection.ts';
import { storeKey } from '#contracts/names.ts';
import { RunRecord, type RunResult } from '#contracts/run.ts';
import type { Executor, JobListing } from '#ports/executor.ts';
import type { Tracking } from '#ports/tracking.ts';
import { writeMissingRecord } from '#workers/missing-records.ts';
import { localExecutor, trainerPid } from '../fixtures/local-executor.ts';
import { makeProject, type Project } from '../fixtures/project.ts';
import { waitUntil } from '../fixtures/wait-until.ts';
import { startWorkerProcess, type WorkerProcess } from '../fixtures/worker-process.ts';
import { restTrainer } from '../integration/train-setup.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';
import { startTemporal, type TestTemporal } from '../servers/temporal.ts';

const bucket = 'ended';
let temporal: TestTemporal;
let mlflow: TestMlflow;
let s3: TestObjectStore;
let connected: Temporal;
let store: ReturnType<typeof createObjectStore>;
let tracking: Tracking;
let executor: Executor;
let demo: Project;
let env: NodeJS.ProcessEnv;
const workers: WorkerProcess[] = [];

/** Rows of a step of its own, a trainer that hangs, and what would come after. */
const pipeline = `
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetRef, definePipeline, defineStep, program, train } from 'ratchet-ml';
import { z } from 'zod';
const rows = defineStep({ name: 'rows', input: z.object({}), output: z.object({ table: DatasetRef }),
  run: async (_, { saveDataset, workdir }) => {
    const file = join(workdir, 'rows.csv');
    await writeFile(file, 'a,y\\n1,0\\n2,1\\n');
    return { table: await saveDataset(file, 'csv') };
  } });
export default definePipeline({ name: 'ended', params: z.object({}), graph: ({ run }) => {
  const { table } = run(rows, {});
  return run(train, { features: table, trainer: program(['node', 'train.mjs'], { files: ['train.mjs'] }) });
} });
`;
const trainer = 'setInterval(() => console.log("trains"), 100);';

beforeAll(async () => {
  [temporal, mlflow, s3] = await Promise.all([startTemporal(), startMlflow(), startObjectStore()]);
  const { endpoint, accessKeyId, secretAccessKey } = s3;
  connected = await connectTemporal({ address: temporal.address });
  tracking = createTracking({ url: mlflow.url });
  store = createObjectStore({ endpoint, region: 'us-east-1', bucket, prefix: '', accessKeyId, secretAccessKey });
  demo = await makeProject({
    'package.json': '{"type":"module"}',
    'pipelines/ended/pipeline.ts': pipeline,
    'pipelines/ended/train.mjs': trainer,
  });
  executor = localExecutor(join(demo.root, '.ratchet'));
  env = {
    RATCHET_HOME: fileURLToPath(new URL('../../.ratchet', import.meta.url)),
    TEMPORAL_ADDRESS: temporal.address,
    MLFLOW_TRACKING_URI: mlflow.url,
    RATCHET_STORE: `s3://${bucket}`,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: 'us-east-1',
  };
}, 300_000);
afterEach(async () => {
  for (const worker of workers.splice(0)) {
    worker.signal('SIGKILL');
    await worker.ended;
  }
});
afterAll(async () => {
  await executor?.reap(async () => 'closed');
  await store?.close();
  await connected?.close();
  await Promise.all([temporal?.close(), mlflow?.close(), s3?.close()]);
  await demo?.remove();
});

async function worker(): Promise<WorkerProcess> {
  const started = startWorkerProcess(demo.root, env);
  workers.push(started);
  await started.ready();
  return started;
}
async function eventually<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  return (await waitUntil(look, Boolean, 500_000)) as T;
}
/** A run whose trainer is at work: its workflow, and its trainer's process. */
async function training(id: string): Promise<{ run: WorkflowHandle; pid: number }> {
  const run = await connected.client.workflow.start('ended', {
    taskQueue: 'ratchet',
    workflowId: `run/ended/${id}`,
    args: [
      {},
      { trigger: { kind: 'manual', id, reason: 'a test', figures: {}, who: 'ann', at: '2026-01-01T00:00:00Z' } },
    ],
  });
  const pid = await eventually(async () => {
    const job = (await executor.list()).find(({ labels }) => labels.run === run.workflowId);
    return job?.state.kind === 'running' && pidOf(job);
  });
  return { run, pid };
}
const pidOf = async (job: JobListing | undefined) =>
  job?.state.kind === 'running' && trainerPid(join(demo.root, '.ratchet', 'jobs'), job.id);
const trackedAs = async (run: string) => {
  const experiment = await tracking.ensureExperiment(experimentName({ environment: 'dev', pipeline: 'ended' }));
  return (await tracking.runsTagged(experiment, 'ratchet.run', run)).map(({ status }) => status);
};
const recordOf = async (run: string) => {
  const body = await store.get(storeKey.record(run));
  return body && RunRecord.parse(JSON.parse(Buffer.from(body).toString('utf8')));
};
/** Neither the trainer nor anything in MLflow goes on. */
async function over({ run, pid }: { run: WorkflowHandle; pid: number }): Promise<RunRecord> {
  await eventually(async () => (await identityOf(pid)) === undefined);
  await eventually(async () => (await trackedAs(run.workflowId)).every((status) => status === 'KILLED'));
  expect(await trackedAs(run.workflowId)).toHaveLength(2);
  const job = (await executor.list()).find(({ labels }) => labels.run === run.workflowId);
  expect(job?.state).toMatchObject({ kind: 'done', exit: { reason: 'stopped' } });
  return eventually(() => recordOf(run.workflowId));
}

it('terminated while it trains: ended within two looks of the worker, with a record that a retry can take up', async () => {
  await worker();
  const begun = await training('terminated');
  await begun.run.terminate('no longer needed');
  const record = await over(begun);
  expect(record.failure).toMatchObject({
    type: 'RunFailed',
    message: expect.stringMatching(/ended by force: no longer needed/),
  });
  expect(record.result).toMatchObject({ status: 'failed', reasons: [record.failure?.message] });
  expect(record.outcomes.map(({ id }) => id)).toEqual(['rows']);
  expect(record.result.nodes.map(({ id, status }) => [id, status])).toEqual([
    ['rows', 'done'],
    ['train', 'cancelled'],
  ]);

  await demo.write({ 'pipelines/ended/train.mjs': 'process.exit(3);' });
  const again = await connected.client.workflow.start('ended', {
    taskQueue: 'ratchet',
    workflowId: 'run/ended/terminated/r2',
    args: [{}, { resume: { runId: begun.run.workflowId, mode: 'retry' } }],
  });
  await expect(again.result()).rejects.toThrow();
  const retried = await eventually(() => recordOf('run/ended/terminated/r2'));
  expect(retried.result.nodes.find(({ id }) => id === 'rows')).toMatchObject({ status: 'kept' } satisfies Partial<
    RunResult['nodes'][number]
  >);
  await demo.write({ 'pipelines/ended/train.mjs': trainer });
});

it('terminated while no worker is there: the next one ends what is left', async () => {
  const first = await worker();
  const begun = await training('nobody');
  first.signal('SIGKILL');
  await first.ended;
  await begun.run.terminate();
  await worker();
  expect((await over(begun)).failure?.message).toMatch(/^the run was ended by force: /);
});

it('cancelled while no worker is there: likewise, and the run has told its end itself', async () => {
  const first = await worker();
  const begun = await training('cancelled');
  first.signal('SIGKILL');
  await first.ended;
  await begun.run.cancel();
  await worker();
  expect((await over(begun)).result.status).toBe('cancelled');
});

it('retried while no worker is there: the next one, killed as it takes the trainer up, leaves the same process to the one after', async () => {
  const first = await worker();
  const begun = await training('retried');
  first.signal('SIGKILL');
  await first.ended;
  await begun.run.terminate('mended elsewhere');
  // As `ratchet retry` does it.
  const { client } = connected;
  await eventually(() => writeMissingRecord({ client, store, environment: 'dev' }, begun.run.workflowId));
  const retry = await client.workflow.start('ended', {
    taskQueue: 'ratchet',
    workflowId: `${begun.run.workflowId}/r2`,
    args: [{}, { resume: { runId: begun.run.workflowId, mode: 'retry' } }],
  });
  const second = await worker();
  const taken = async () => (await executor.list()).find(({ labels }) => labels.run === retry.workflowId);
  await eventually(taken);
  second.signal('SIGKILL');
  await second.ended;
  expect(await pidOf(await taken())).toBe(begun.pid);

  await worker();
  // It looks after it: the runs in MLflow are told, and it hears a cancel.
  await eventually(async () => (await trackedAs(retry.workflowId)).length === 2);
  await eventually(async () => (await trackedAs(begun.run.workflowId)).every((status) => status === 'KILLED'));
  expect(await trackedAs(begun.run.workflowId)).toHaveLength(1);
  expect(await trackedAs(retry.workflowId)).toEqual(['RUNNING', 'RUNNING']);
  expect(await pidOf(await taken())).toBe(begun.pid);
  expect((await executor.list()).filter(({ state }) => state.kind === 'running')).toHaveLength(1);
  await retry.cancel();
  expect((await over({ run: retry, pid: begun.pid })).result.status).toBe('cancelled');
});

it('what a request made in MLflow that came after the end of its run, which was well, is ended there', async () => {
  await demo.write({ 'pipelines/ended/train.mjs': restTrainer });
  await worker();
  const run = await connected.client.workflow.start('ended', {
    taskQueue: 'ratchet',
    workflowId: 'run/ended/well',
    args: [{}, {}],
  });
  await run.result();
  const experimentId = await tracking.ensureExperiment(experimentName({ environment: 'dev', pipeline: 'ended' }));
  const late = { experimentId, key: 'late', name: 'late', tags: { 'ratchet.run': run.workflowId } };
  await tracking.ensureRun(late);
  await eventually(async () => (await trackedAs(run.workflowId)).every((status) => status !== 'RUNNING'));
  expect(await trackedAs(run.workflowId)).toEqual(['FINISHED', 'FINISHED', 'KILLED']);
});
