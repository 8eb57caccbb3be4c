/** Workers as processes, on real servers, each in a project and on a queue of its own. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, type TestContext, vi } from 'vitest';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { connectTemporal, type Temporal } from '#adapters/temporal/connection.ts';
import type { Json } from '#contracts/json.ts';
import { storeKey, taskQueue } from '#contracts/names.ts';
import type { RunEnvelope, RunRecord } from '#contracts/run.ts';
import { makeProject, type Project } from '../fixtures/project.ts';
import { startWorkerProcess, type WorkerProcess } from '../fixtures/worker-process.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';
import { startTemporal, type TestTemporal } from '../servers/temporal.ts';

let temporal: TestTemporal;
let mlflow: TestMlflow;
let s3: TestObjectStore;
let connected: Temporal;
let client: Client;
let env: NodeJS.ProcessEnv;
const bucket = 'worker-test';

/** Servers and scenes for the tests of one file: call it at its top. */
export function workerScenes(): { project: typeof project; stored(runId: string): Promise<RunRecord> } {
  beforeAll(start, 300_000);
  afterAll(async () => {
    await connected?.close();
    await Promise.all([temporal?.close(), mlflow?.close(), s3?.close()]);
  });
  return { project, stored };
}

async function start(): Promise<void> {
  [temporal, mlflow, s3] = await Promise.all([startTemporal(), startMlflow(), startObjectStore()]);
  connected = await connectTemporal({ address: temporal.address });
  client = connected.client;
  env = {
    // The bundle of workflows is made once, not once a test.
    RATCHET_HOME: fileURLToPath(new URL('../../.ratchet', import.meta.url)),
    TEMPORAL_ADDRESS: temporal.address,
    MLFLOW_TRACKING_URI: mlflow.url,
    RATCHET_STORE: `s3://${bucket}`,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    AWS_REGION: 'us-east-1',
  };
}

/** The record of a run, as the store has it. */
async function stored(runId: string): Promise<RunRecord> {
  const { endpoint, accessKeyId, secretAccessKey } = s3;
  const store = createObjectStore({ endpoint, accessKeyId, secretAccessKey, region: 'us-east-1', bucket, prefix: '' });
  const body = await store.get(storeKey.record(runId));
  await store.close();
  return JSON.parse(Buffer.from(body ?? []).toString('utf8')) as RunRecord;
}

interface Scene {
  demo: Project;
  worker(more?: NodeJS.ProcessEnv, entry?: string): WorkerProcess;
  start(envelope?: RunEnvelope, params?: Json, pipeline?: string): Promise<WorkflowHandle>;
  /** Once a step has written so often that it began: the processes that it did so in. */
  begun(name: string, times?: number): Promise<number[]>;
}
let scenes = 0;
/** A project with a queue of its own, so that other tests' workers take none of its runs: they wait side by side. */
async function project({ onTestFinished }: TestContext, text: string): Promise<Scene> {
  const environment = `test${++scenes}`;
  const demo = await makeProject({ 'package.json': '{"type":"module"}', 'pipelines/demo/pipeline.ts': text });
  const workers: WorkerProcess[] = [];
  onTestFinished(async () => {
    for (const each of workers) each.signal('SIGKILL');
    await Promise.all(workers.map(({ ended }) => ended));
    await demo.remove();
  });
  let ids = 0;
  return {
    demo,
    worker(more = {}, entry) {
      const started = startWorkerProcess(demo.root, { ...env, RATCHET_ENVIRONMENT: environment, ...more }, entry);
      workers.push(started);
      return started;
    },
    start: (envelope = {}, params = {}, pipeline = 'demo') =>
      client.workflow.start(pipeline, {
        taskQueue: taskQueue.control(environment),
        workflowId: `run/${pipeline}/${environment}-${++ids}`,
        args: [params, envelope],
      }),
    async begun(name, times = 1) {
      const look = async () => {
        const text = await readFile(`${demo.root}/begun-${name}`, 'utf8').catch(() => '');
        const lines = text.split('\n').filter(Boolean);
        if (lines.length < times) throw new Error(`${name} began ${lines.length} times, not ${times}`);
        return lines.map(Number);
      };
      return vi.waitFor(look, { timeout: 200_000, interval: 50 });
    },
  };
}

/** A step that says when it has begun, and ends when the test lets it. */
export const gated = (name: string) =>
  `async (_, { signal }) => {
    const fs = await import('node:fs');
    fs.appendFileSync(process.cwd() + '/begun-${name}', process.pid + '\\n');
    while (!fs.existsSync(process.cwd() + '/go-${name}')) { signal.throwIfAborted(); await new Promise((go) => setTimeout(go, 50)); }
    return '${name}';
  }`;
export const noCache = (...steps: string[]) => Object.fromEntries(steps.map((step) => [step, 'cache: false,']));
