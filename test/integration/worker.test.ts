/** The worker as a process: what it does when servers are missing, when it is told to stop, and when it is killed. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { connectTemporal, type Temporal } from '#adapters/temporal/connection.ts';
import type { Json } from '#contracts/json.ts';
import { storeKey, taskQueue } from '#contracts/names.ts';
import type { RunEnvelope, RunRecord, RunResult } from '#contracts/run.ts';
import { writeTable } from '../bench/drift/tables.ts';
import type { Pause } from '../fixtures/loop-pauses.ts';
import { makeProject, type Project, pipelineOf } from '../fixtures/project.ts';
import { lastWords, startWorkerProcess, type WorkerProcess } from '../fixtures/worker-process.ts';
import { freePort } from '../servers/free-port.ts';
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

beforeAll(async () => {
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
}, 300_000);
afterAll(async () => {
  await connected?.close();
  await Promise.all([temporal?.close(), mlflow?.close(), s3?.close()]);
});

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
      for (;;) {
        const text = await readFile(`${demo.root}/begun-${name}`, 'utf8').catch(() => '');
        const lines = text.split('\n').filter(Boolean);
        if (lines.length >= times) return lines.map(Number);
        await sleep(50);
      }
    },
  };
}

/** A step that says when it has begun, and ends when the test lets it. */
const gated = (name: string) =>
  `async (_, { signal }) => {
    const fs = await import('node:fs');
    fs.appendFileSync(process.cwd() + '/begun-${name}', process.pid + '\\n');
    while (!fs.existsSync(process.cwd() + '/go-${name}')) { signal.throwIfAborted(); await new Promise((go) => setTimeout(go, 50)); }
    return '${name}';
  }`;
const noCache = (...steps: string[]) => Object.fromEntries(steps.map((step) => [step, 'cache: false,']));

describe('a worker that cannot start', () => {
  it.concurrent.for([
    [
      'Temporal does not answer',
      async () => ({ TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` }),
      /Temporal does not answer at 127\.0\.0\.1:\d+/,
    ],
    [
      'MLflow does not answer',
      async () => ({ MLFLOW_TRACKING_URI: `http://127.0.0.1:${await freePort()}` }),
      /MLflow .*127\.0\.0\.1:\d+/,
    ],
    [
      'the store does not answer',
      async () => ({ AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${await freePort()}` }),
      /127\.0\.0\.1:\d+/,
    ],
    [
      'the store refuses the credentials',
      async () => ({ AWS_SECRET_ACCESS_KEY: 'not-the-secret' }),
      /credential|access key|secret|refuse/i,
    ],
  ] as const)('because %s says so in one line and ends', async ([_, more, message], context) => {
    const { worker } = await project(context, pipelineOf('demo', { one: '() => 1' }));
    const refused = worker({ ...(await more()), RATCHET_START_PATIENCE: '2' });
    expect((await refused.ended).code).toBe(1);
    expect(lastWords(refused)).toMatch(message);
    expect(refused.log()).not.toMatch(/ {4}at .*\.ts/);
  });
});

describe('a worker', () => {
  it.concurrent('answers its probes, runs a pipeline, and writes the record', async (context) => {
    const { worker, start } = await project(context, pipelineOf('demo', { one: '() => 1', two: "() => 'b'" }));
    const running = worker();
    const health = await running.ready();
    expect((await fetch(`${health}/livez`)).status).toBe(200);
    expect((await fetch(`${health}/readyz`)).status).toBe(200);
    const handle = await start();
    const result = (await handle.result()) as RunResult;
    expect(result).toMatchObject({ status: 'finished', pipeline: 'demo' });

    const store = createObjectStore({
      endpoint: s3.endpoint,
      region: 'us-east-1',
      bucket,
      prefix: '',
      accessKeyId: s3.accessKeyId,
      secretAccessKey: s3.secretAccessKey,
    });
    const body = await store.get(storeKey.record(handle.workflowId));
    const record = JSON.parse(Buffer.from(body ?? []).toString('utf8')) as RunRecord;
    // Neither waits for the other: they stand in the order in which they ended.
    expect(Object.fromEntries(record.outcomes.map(({ id, output }) => [id, output]))).toEqual({ one: 1, two: 'b' });
    expect(record.outcomes).toHaveLength(2);
    expect(record.run.trigger).toMatchObject({ kind: 'manual', reason: 'started by hand' });
    await store.close();
  });

  it.concurrent('has its event loop to itself while data are checked, and ends a check when it is cancelled', async (context) => {
    // 300 expectations over 100 columns, and then groups over all of them, which take long.
    const { demo, worker, start } = await project(
      context,
      `import { definePipeline, expect, validateData } from 'ratchet-ml';
import { z } from 'zod';
const numbers = Array.from({ length: 100 }, (_, k) => k).filter((k) => k % 20 < 14).map((k) => 'n' + k);
const many = numbers.flatMap((name, k) => [expect.column(name).between(-3 - k / 100, 3).warn(),
  expect.column(name).notNull(), expect.column(name).mean({ min: -1, max: 1 }), expect.column(name).median({ min: -1, max: 1 })]);
const long = numbers.slice(0, 40).map((_, k) => expect.together(...numbers.slice(k), ...numbers.slice(0, k)).unique().warn());
export default definePipeline({ name: 'demo', params: z.object({ source: z.string(), long: z.boolean() }), graph: ({ params, run }) => {
  run(validateData, { source: params.source, expectations: params.long ? long : many });
} });`,
    );
    for (const [seed, name] of ['one', 'two'].entries())
      await writeTable(join(demo.root, `${name}.parquet`), { rows: 60_000, columns: 100 }, seed, 0);
    const file = join(demo.root, 'pauses');
    const meter = fileURLToPath(new URL('../fixtures/metered-worker.ts', import.meta.url));
    await worker({ RATCHET_TEST_PAUSES: file }, meter).ready();
    const check = (name: string, long: boolean) => start({}, { source: join(demo.root, `${name}.parquet`), long });
    // The first one loads what every later one has.
    await (await check('one', false)).result();
    const second = await check('two', false);
    expect(await second.result()).toMatchObject({ status: 'finished' });
    const { events } = await second.fetchHistory();
    const times = (events ?? [])
      .filter(({ activityTaskStartedEventAttributes: a, activityTaskCompletedEventAttributes: b }) => a ?? b)
      .map(({ eventTime }) => Number(eventTime?.seconds) * 1_000 + Number(eventTime?.nanos) / 1e6);
    const [from, to] = [Math.min(...times), Math.max(...times)];
    const all = (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Pause);
    const pauses = all.filter(({ at }) => at >= from && at <= to);
    const longest = Math.max(0, ...pauses.filter((each) => each.of === 'turn').map(({ ms }) => ms));
    const controls = all.filter((each) => each.of === 'control').map(({ ms }) => ms);
    const control = controls.sort((a, b) => a - b)[controls.length >> 1] ?? 0;
    console.info(
      `the longest turn of the event loop took ${longest.toFixed(1)} ms, the control ${control.toFixed(1)} ms`,
    );
    expect(controls.length).toBeGreaterThan(2);
    // 300 expectations over 60,000 rows of 100 columns: a check of them in this thread would take hundreds of these.
    expect(longest / control).toBeLessThan(20);

    const third = await check('two', true);
    const work = join(demo.root, '.ratchet', 'work');
    const busy = async () => ((await readdir(work).catch(() => [])) as string[]).length > 0;
    while (!(await busy())) await sleep(20);
    await third.cancel();
    await expect(third.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    while (await busy()) await sleep(20);
    const scratch = await readdir(join(demo.root, '.ratchet', 'data', 'scratch'), {
      recursive: true,
      withFileTypes: true,
    });
    expect(scratch.filter((entry) => entry.isFile())).toEqual([]);
  });

  it.concurrent('told to stop, leaves what runs to the next one', async (context) => {
    const text = pipelineOf('demo', { slow: gated('slow') }, noCache('slow'));
    const { demo, worker, start, begun } = await project(context, text);
    const first = worker();
    await first.ready();
    const handle = await start();
    await begun('slow');
    first.signal('SIGTERM');
    expect((await first.ended).code).toBe(0);
    worker();
    await begun('slow', 2);
    await demo.write({ 'go-slow': '' });
    expect(((await handle.result()) as RunResult).status).toBe('finished');
  });

  it.concurrent('killed, is followed by one that finishes the run on the code it started with', async (context) => {
    const text = pipelineOf('demo', { slow: gated('slow'), last: "() => 'old'" }, noCache('slow', 'last'))
      .replace('run(last, {});', 'run(last, {}, { after: [slowRef] });')
      .replace('run(slow, {});', 'const slowRef = run(slow, {});');
    const { demo, worker, start, begun } = await project(context, text);
    const first = worker();
    await first.ready();
    const handle = await start();
    await begun('slow');
    first.signal('SIGKILL');
    await first.ended;
    await demo.write({ 'pipelines/demo/pipeline.ts': text.replace("'old'", "'new'") });
    worker();
    await begun('slow', 2);
    await demo.write({ 'go-slow': '' });
    expect(((await handle.result()) as RunResult).status).toBe('finished');
    const store = createObjectStore({
      endpoint: s3.endpoint,
      region: 'us-east-1',
      bucket,
      prefix: '',
      accessKeyId: s3.accessKeyId,
      secretAccessKey: s3.secretAccessKey,
    });
    const record = JSON.parse(
      Buffer.from((await store.get(storeKey.record(handle.workflowId))) ?? []).toString('utf8'),
    ) as RunRecord;
    expect(record.outcomes.find(({ id }) => id === 'last')?.output).toBe('old');
    await store.close();
  });

  it.concurrent('goes on when the process of a step is killed, and leaves no process behind when it is killed itself', async (context) => {
    const text = pipelineOf('demo', { slow: gated('slow') }, { slow: 'cache: false, retry: { attempts: 1 },' });
    const { demo, worker, start, begun } = await project(context, text);
    const running = worker();
    await running.ready();
    const handle = await start();
    const [pid = 0] = await begun('slow');
    process.kill(pid, 'SIGKILL');
    const [, second = 0] = await begun('slow', 2);
    await demo.write({ 'go-slow': '' });
    expect(((await handle.result()) as RunResult).status).toBe('finished');
    running.signal('SIGKILL');
    await running.ended;
    while (existsSync(`/proc/${second}`)) await sleep(50);
  });

  it.concurrent('killed in the middle of a batch of a map, is followed by one that does the items that had not ended', async (context) => {
    const step = `async ({ n }) => {
      const fs = await import('node:fs');
      const file = process.cwd() + '/executions';
      fs.appendFileSync(file, n + '\\n');
      const times = fs.readFileSync(file, 'utf8').split('\\n').filter((line) => line === String(n)).length;
      if (n === 400 && times === 1) {
        process.kill(process.ppid, 'SIGKILL');
        await new Promise(() => { setTimeout(() => {}, 600_000); });
      }
      return n * 2;
    }`;
    const text = pipelineOf('demo', { work: step }, { work: 'cache: false,' }).replace(
      /graph: .*$/m,
      'graph: ({ run, map }) => ({ all: map(Array.from({ length: 800 }, (_, n) => n), (n) => run(work, { n }), { concurrency: 2 }) }) });',
    );
    const { demo, worker, start } = await project(context, text);
    const first = worker();
    await first.ready();
    const handle = await start();
    expect((await first.ended).signal).toBe('SIGKILL');
    await worker().ready();
    const result = (await handle.result()) as RunResult;
    expect(result.output).toEqual({ all: Array.from({ length: 800 }, (_, n) => n * 2) });
    const executions = (await readFile(`${demo.root}/executions`, 'utf8')).split('\n').filter(Boolean);
    // The item that killed, and at most the one of the other batch that was under way.
    const repeated = executions.filter((n, at) => executions.indexOf(n) !== at);
    expect(repeated).toContain('400');
    expect(repeated.length).toBeLessThanOrEqual(2);
    expect(new Set(executions).size).toBe(800);
    const { events } = await handle.fetchHistory();
    const activities = events?.filter((event) => event.activityTaskScheduledEventAttributes);
    expect(activities?.length).toBeLessThan(200);
  });

  it.concurrent('takes up a failed run once its code was mended: what was done stays done', async (context) => {
    const broken = pipelineOf(
      'demo',
      { first: '() => process.hrtime.bigint().toString()', second: "() => { throw new Error('a bug') }" },
      { second: 'retry: { attempts: 1 },' },
    );
    const { demo, worker, start } = await project(context, broken);
    await worker().ready();
    const failed = await start();
    await expect(failed.result()).rejects.toThrow();
    await demo.write({ 'pipelines/demo/pipeline.ts': broken.replace("{ throw new Error('a bug') }", "'mended'") });
    const again = await start({ resume: { runId: failed.workflowId, mode: 'retry' } });
    const result = (await again.result()) as RunResult;
    expect(result.status).toBe('finished');
    expect(result.nodes.map(({ id, status }) => [id, status])).toEqual([
      ['first', 'kept'],
      ['second', 'done'],
    ]);
  });

  it.concurrent('tells what is wrong with params, a pipeline or its definition, and does not retry', async (context) => {
    const { worker, start } = await project(context, "throw new Error('not today');");
    await worker().ready();
    const cause = async (name: string) => {
      const handle = await start({}, {}, name);
      return handle.result().then(
        () => null,
        (error: Error & { cause?: Error }) => error.cause?.message,
      );
    };
    expect(await cause('demo')).toMatch(/not today \(pipelines\/demo\/pipeline\.ts:1\)/);
    expect(await cause('nobody')).toMatch(/There is no pipeline "nobody".*there are: demo/);
  });
});
