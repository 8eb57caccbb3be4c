/**
 * Whatever dies on the way, the run goes on and nothing is done twice. One stack for all scenarios; each has a model of
 * its own. `MUTANT=1` runs them with idempotency taken out: most of them must then fail.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRun } from '#adapters/temporal/start-run.ts';
import { startWorld, type World } from '../world/world.ts';
import { fourRegisters, sameTrigger, stepHost, twoWorkers } from './crowds.ts';
import {
  mlflowInRegister,
  networkCut,
  stages,
  storeInFeaturize,
  temporalInTraining,
  trainerInEpoch,
  workerIn,
} from './deaths.ts';
import { mutantCommand, startTwice } from './mutants/mutant.ts';
import type { Row } from './outcome.ts';
import { type Side, survive } from './scene.ts';
import { tableOf, writeDocs } from './table.ts';

const mutated = process.env.MUTANT === '1';
const rows: Row[] = [];
const mutants: Row[] = [];
let world: World;
let side: Side;

beforeAll(async () => {
  world = await startWorld({ name: 'chaos', ...(mutated ? { command: mutantCommand() } : {}) });
  side = {
    world,
    environment: 'dev',
    killWorker: () => world.kill('worker-1'),
    start: mutated ? startTwice : startRun,
  };
}, 600_000);
afterAll(async () => {
  if (rows.length > 0) console.log(`\n${tableOf(rows)}\n`);
  if (mutants.length > 0) console.log(`\nWith idempotency taken out:\n${tableOf(mutants)}\n`);
  if (process.env.RATCHET_WRITE_DOCS === '1' && !mutated) writeDocs(rows, mutants);
  await world?.close();
});

async function green(row: Promise<Row>): Promise<void> {
  const done = await row;
  rows.push(done);
  expect(done.problems, tableOf([done])).toEqual([]);
}

describe('nothing is lost and nothing done twice', () => {
  it('when the worker dies in train', () => green(survive(side, workerIn(side, 'train'))));
  it('when the trainer dies in mid-epoch', () => green(survive(side, trainerInEpoch())));
  it('when one trigger is started 20 times at once', () => green(sameTrigger(side, 20)));
  it('when four register at once', () => green(fourRegisters(side)));
  it('when MLflow dies during register', () => green(survive(side, mlflowInRegister())));
  it('when Temporal dies in mid-training', () => green(survive(side, temporalInTraining())));
  it('when the S3 server dies during featurize', () => green(survive(side, storeInFeaturize())));
  it('when a step host dies', () => green(stepHost(side)));
  it.each(stages.filter((stage) => stage !== 'train'))('when the worker dies in %s', (stage) =>
    green(survive(side, workerIn(side, stage))),
  );
  it('when two workers look after one trainer', () => green(twoWorkers(side)));
  it('when the network to MLflow is cut for a minute', () => green(survive(side, networkCut())));
});

describe.skipIf(mutated)('without idempotency', () => {
  it('at least three rows turn red', async () => {
    const environment = 'mutant';
    const worker = await world.addWorker({ environment, command: mutantCommand() });
    const killWorker = async () => {
      const dead = worker.pid();
      process.kill(dead, 'SIGKILL');
      return dead;
    };
    const mutant: Side = { world, environment, killWorker, start: startTwice };
    mutants.push(await survive(mutant, workerIn(mutant, 'train')));
    mutants.push(await survive(mutant, mlflowInRegister()));
    mutants.push(await sameTrigger(mutant, 3));
    mutants.push(await survive(mutant, workerIn(mutant, 'register')));
    await worker.stop();
    const red = mutants.filter(({ problems }) => problems.length > 0);
    expect(red.length, tableOf(mutants)).toBeGreaterThanOrEqual(3);
  }, 1_200_000);
});
