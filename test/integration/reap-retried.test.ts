/** The trainer of a run that is over is ended at once, unless a retry has begun that may want it: then for a while not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalExecutor } from '#adapters/process/local-executor.ts';
import { connectTemporal, type Temporal } from '#adapters/temporal/connection.ts';
import { JobReaper } from '#workers/reap-jobs.ts';
import { pythonJob } from '../conformance/executor.ts';
import { localExecutor } from '../fixtures/local-executor.ts';
import { startTemporal, type TestTemporal } from '../servers/temporal.ts';

let server: TestTemporal;
let temporal: Temporal;
let folder: string;
let executor: LocalExecutor;
beforeAll(async () => {
  server = await startTemporal();
  temporal = await connectTemporal({ address: server.address });
  folder = await mkdtemp(join(tmpdir(), 'ratchet-retried-'));
  executor = localExecutor(folder);
}, 120_000);
afterAll(async () => {
  await executor?.reap(async () => 'closed');
  await temporal?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A run that nobody works for: how it stands is all that counts. */
const run = (workflowId: string) => temporal.client.workflow.start('any', { taskQueue: 'unserved', workflowId });
const trains = (name: string) =>
  executor.start(
    pythonJob(name, 'import time\nwhile True: time.sleep(1)', {
      labels: { run: `run/any/${name}`, node: 'train' },
    }),
  );
const stopped = async (retryMs?: number) =>
  (await new JobReaper(executor, temporal, retryMs === undefined ? {} : { retryMs }).reap()).stopped;

it('ends it at once where there is no retry, or only one that is over', async () => {
  const alone = await run('run/any/alone');
  const again = await run('run/any/again');
  const retry = await run('run/any/again/r2');
  for (const name of ['alone', 'again']) await trains(name);
  expect(await stopped()).toEqual([]);
  for (const each of [alone, again, retry]) await each.terminate();
  expect((await stopped()).sort()).toEqual(['again', 'alone']);
});

it('leaves it to a retry that goes on for as long as that may take to come to it, and ends it then', async () => {
  const first = await run('run/any/wanted');
  await trains('wanted');
  await first.terminate();
  const second = await run('run/any/wanted/r2');
  await second.terminate();
  const third = await run('run/any/wanted/r3');
  expect(await stopped(600_000)).toEqual([]);
  const { atWork } = await new JobReaper(executor, temporal).reap();
  expect([...atWork]).toEqual(['run/any/wanted']);
  // Taken over it is the retry's.
  expect(await executor.take('wanted', { run: third.workflowId, node: 'train' }, 0)).toBe(true);
  expect(await stopped(0)).toEqual([]);
  await third.terminate();
  expect(await stopped(0)).toEqual(['wanted']);

  const other = await run('run/any/unwanted');
  await trains('unwanted');
  await other.terminate();
  const mended = await run('run/any/unwanted/r2');
  expect(await stopped(0)).toEqual(['unwanted']);
  await mended.terminate();
});
