/** Trainings whose run is over while their trainer is at work, or was. */
import { afterAll, beforeAll, expect } from 'vitest';
import { endOpenRuns } from '#activities/model/end-open-runs.ts';
import { createTrain } from '#activities/model/train.ts';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import type { StageWork } from '#activities/stage.ts';
import type { DatasetRef } from '#contracts/data.ts';
import type { PinnedProgram } from '#contracts/program.ts';
import type { Hold } from '../fixtures/hold.ts';
import { type Attempt, attemptOf, restTrainer, startWorld, type World } from './train-setup.ts';

export let world: World;
export let train: StageWork<'train'>;
let features: DatasetRef;
let trainer: PinnedProgram;
/** The world of the tests of one file: call it at its top. */
export function retryWorld(): void {
  beforeAll(start, 240_000);
  afterAll(() => world.close());
}

async function start(): Promise<void> {
  world = await startWorld();
  train = createTrain(world.deps);
  features = await world.dataset('a,y\n1,0\n2,1\n3,1\n');
  trainer = await world.program(['node', 'train.mjs'], { 'train.mjs': restTrainer });
}

export const input = (mode: string, epochs: number, hold?: Hold) => ({
  ...{ features, inputs: {}, trainer, seed: 0 },
  params: { mode, epochs, ...(hold ? { hold } : {}) },
});
/** An attempt of the node `train`; the same `work` is the same training. A name that ends in r2 is a retry's. */
export const attempt = (run: string, work: string) => attemptOf(`run/tumours/${run}`, 'train', undefined, { work });
export const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );
export const steps = async (runId: string, key = 'auc') =>
  (await world.deps.tracking.metricHistory(runId, key)).map(({ step }) => step);
export const trackedOf = async (run: string) => {
  const experiment = await world.deps.tracking.ensureExperiment('tumours');
  const runs = await world.deps.tracking.runsTagged(experiment, 'ratchet.run', `run/tumours/${run}`);
  return {
    parent: runs.find(({ tags }) => !tags['ratchet.node']),
    children: runs.filter(({ tags }) => tags['ratchet.node']),
  };
};
export const jobsOf = async (work: string) =>
  (await world.executor.list()).filter(({ labels }) => labels.work === work);
export const idOf = (run: string) => jobId(`run/tumours/${run}`, 'train');
/** Who trains, in the executor's words. */
export const processOf = async (id: string) => {
  const state = await world.executor.attach(id);
  if (state.kind !== 'running') throw new Error(`the job is ${state.kind}`);
  return state.where;
};
export const startsOf = async (id: string) => (await world.executor.log(id)).text.match(/^starts /gm)?.length ?? 0;

/** A run whose trainer has come to its second epoch when its worker goes; then the run is over, and what it left open is ended. */
export async function left(
  run: string,
  work: string,
  begun: Promise<unknown>,
  first: Attempt,
  ends = true,
): Promise<string> {
  await first.until(/epoch 2/);
  first.shutDown();
  await failure(begun);
  const process = await processOf(idOf(run));
  world.failed.add(`run/tumours/${run}`);
  if (ends) {
    await world.executor.stop(idOf(run), 'the run that wanted it is over');
    await endOpenRuns(world.deps.tracking, first.run, 'KILLED');
  }
  expect(await jobsOf(work)).toHaveLength(1);
  return process;
}
