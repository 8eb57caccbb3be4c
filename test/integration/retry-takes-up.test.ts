/** A retry of a run that failed takes up its trainer: one that still runs, and one that left nothing; effects/retry-takes-up has the others. */
import { expect, it } from 'vitest';
import {
  attempt,
  idOf,
  input,
  jobsOf,
  left,
  processOf,
  retryWorld,
  startsOf,
  steps,
  trackedOf,
  train,
  world,
} from './retry-world.ts';

retryWorld();

it.concurrent('a trainer that still runs is the same process for the retry, in the same MLflow run', async () => {
  const first = attempt('runs', 'runs');
  const { hold, letGo } = world.hold(2);
  const process = await left('runs', 'runs', train(input('good', 12, hold), first), first, false);
  const retry = attempt('runs/r2', 'runs');
  const work = train(input('good', 12), retry);
  await retry.until(/epoch/);
  expect(await processOf(idOf('runs'))).toBe(process);
  letGo();
  const { model } = await work;
  expect(await startsOf(idOf('runs'))).toBe(1);
  expect(await jobsOf('runs')).toHaveLength(1);
  expect(await steps(model.runId)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  expect((await trackedOf('runs/r2')).children).toMatchObject([{ runId: model.runId, status: 'FINISHED' }]);
});

it.concurrent('a trainer that was ended with its run begins anew where it left no checkpoint', async () => {
  const { hold } = world.hold(2);
  const plain = attempt('plain', 'plain');
  await left('plain', 'plain', train(input('good', 6, hold), plain), plain);
  await train(input('good', 6), attempt('plain/r2', 'plain'));
  expect(await startsOf(idOf('plain/r2'))).toBe(1);
});
