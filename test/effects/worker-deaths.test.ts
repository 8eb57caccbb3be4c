/** The worker as a process that cannot start, is told to stop, killed, and cancelled at its work. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '#contracts/run.ts';
import { writeTable } from '../bench/drift/tables.ts';
import type { Pause } from '../fixtures/loop-pauses.ts';
import { pipelineOf } from '../fixtures/project.ts';
import { waitUntil } from '../fixtures/wait-until.ts';
import { lastWords } from '../fixtures/worker-process.ts';
import { gated, noCache, workerScenes } from '../integration/worker-scenes.ts';
import { freePort } from '../servers/free-port.ts';

const { project } = workerScenes();

describe('a worker that cannot start', () => {
  it.concurrent.for([
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
  it.concurrent('has its event loop to itself while data are checked, and ends a check when it is cancelled', async (context) => {
    // 300 expectations over 100 columns, and then groups over all of them, which take long.
    const { demo, worker, start } = await project(
      context,
      `import { definePipeline, expect, validateData } from 'ratchet-ml';
import { z } from 'zod';
import { waitUntil } from '../fixtures/wait-until.ts';
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
    await waitUntil(busy, Boolean);
    await third.cancel();
    await expect(third.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    await waitUntil(busy, (still) => !still);
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
    await waitUntil(
      async () => existsSync(`/proc/${second}`),
      (still) => !still,
    );
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
});
