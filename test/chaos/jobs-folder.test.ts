/** Somebody removes what is known of a training while it goes on: there is one trainer, it is not harmed, and it is said. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTrain } from '#activities/model/train.ts';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import { shimsOf } from '#adapters/process/lost-shims.ts';
import { identityOf } from '#adapters/process/process-identity.ts';
import type { DatasetRef } from '#contracts/data.ts';
import type { PinnedProgram } from '#contracts/program.ts';
import { eventually } from '../conformance/executor.ts';
import { localExecutor, processesOf } from '../fixtures/local-executor.ts';
import { type Attempt, attemptOf, restTrainer, startWorld, type World } from '../integration/train-setup.ts';

let world: World;
let features: DatasetRef;
let trainer: PinnedProgram;
beforeAll(async () => {
  world = await startWorld();
  features = await world.dataset('a,y\n1,0\n2,1\n3,1\n');
  trainer = await world.program(['node', 'train.mjs'], { 'train.mjs': restTrainer });
}, 240_000);
afterAll(() => world?.close());

const jobs = () => join(world.folder, 'jobs');
const train = (attempt: Attempt, mode: string, epochs: number) =>
  createTrain(world.deps)({ features, inputs: {}, trainer, params: { mode, epochs }, seed: 0 }, attempt);
const running = async (run: string) => {
  const state = await world.executor.attach(jobId(run, 'train'));
  if (state.kind !== 'running') throw new Error(`the job is ${state.kind}`);
  return { where: state.where, pid: (await processesOf(jobs(), jobId(run, 'train'))).trainer.pid };
};
const tracked = async (run: string) => {
  const experiment = await world.deps.tracking.ensureExperiment('tumours');
  const runs = await world.deps.tracking.runsTagged(experiment, 'ratchet.run', run);
  return Promise.all(
    runs
      .filter(({ tags }) => tags['ratchet.node'])
      .map(async ({ runId, status }) => {
        const steps = (await world.deps.tracking.metricHistory(runId, 'auc')).map(({ step }) => step);
        return { runId, status, steps };
      }),
  );
};
const logs = async (run: string, epochs: number) =>
  eventually(async () => ((await tracked(run))[0]?.steps.length ?? 0) >= epochs);
const upTo = (epochs: number) => Array.from({ length: epochs }, (_, index) => index + 1);

it('the folder of all jobs is removed: the same process trains to its end, in one run, and the activity says so', async () => {
  const run = 'run/tumours/removed';
  const attempt = attemptOf(run, 'train');
  const work = train(attempt, 'quiet', 16);
  await logs(run, 3);
  const before = await running(run);
  await rm(jobs(), { recursive: true });
  const { model } = await work;
  expect(attempt.said.join('\n')).toMatch(
    /its folder was removed while it ran, and made again at .*the same process goes on/,
  );
  const state = await world.executor.attach(jobId(run, 'train'));
  expect(state).toMatchObject({ kind: 'done', attempt: 1, exit: { code: 0 } });
  expect(await identityOf(before.pid)).toBeUndefined();
  expect((await world.executor.log(jobId(run, 'train'))).text).toContain('was removed while it ran');
  expect(await tracked(run)).toEqual([{ runId: model.runId, status: 'FINISHED', steps: upTo(16) }]);
});

it('it is removed between two workers: the next one, and a start that knows nothing, find the same process', async () => {
  const run = 'run/tumours/removed-between';
  const first = attemptOf(run, 'train');
  const work = train(first, 'quiet', 20).catch(() => undefined);
  await logs(run, 3);
  const before = await running(run);
  first.shutDown();
  await work;
  // Moved away is removed as well.
  await rename(jobs(), join(world.folder, 'elsewhere'));
  const other = localExecutor(world.folder);
  const found = await Promise.all(Array.from({ length: 4 }, () => other.attach(jobId(run, 'train'))));
  expect(found.map((state) => state.kind === 'running' && state.where)).toEqual(found.map(() => before.where));
  const { model } = await train(attemptOf(run, 'train'), 'quiet', 20);
  expect(await tracked(run)).toEqual([{ runId: model.runId, status: 'FINISHED', steps: upTo(20) }]);
});

it('it is removed and the keeper is killed in the same moment: the next trainer has a run of its own', async () => {
  const run = 'run/tumours/removed-and-killed';
  const attempt = attemptOf(run, 'train');
  const work = train(attempt, 'quiet', 8);
  await logs(run, 3);
  const before = await running(run);
  const [shim] = await shimsOf(join(jobs(), jobId(run, 'train')));
  process.kill(shim?.pid ?? 0, 'SIGSTOP');
  await rm(jobs(), { recursive: true });
  process.kill(shim?.pid ?? 0, 'SIGKILL');
  const { model } = await work;
  expect(await identityOf(before.pid)).toBeUndefined();
  expect(attempt.said.join('\n')).toContain('is gone with its folder, starts again');
  const runs = await tracked(run);
  expect(runs.map(({ status }) => status)).toEqual(['KILLED', 'FINISHED']);
  expect(runs[1]).toMatchObject({ runId: model.runId, steps: upTo(8) });
  expect(new Set(runs[0]?.steps).size).toBe(runs[0]?.steps.length);
});
