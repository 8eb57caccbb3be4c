/** A trainer, or who looks after it, that dies, is lost, or is cancelled while it starts; integration/train has one of each. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobDependencies } from '#activities/model/run-job/dependencies.ts';
import { createTrain } from '#activities/model/train.ts';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import type { StageWork } from '#activities/stage.ts';
import type { DatasetRef } from '#contracts/data.ts';
import type { PinnedProgram } from '#contracts/program.ts';
import type { Executor } from '#ports/executor.ts';
import type { Hold } from '../fixtures/hold.ts';
import { trainerPid } from '../fixtures/local-executor.ts';
import { attemptOf, mortal, restTrainer, startWorld, type World } from '../integration/train-setup.ts';

let world: World;
let train: StageWork<'train'>;
let features: DatasetRef;
let trainer: PinnedProgram;
beforeAll(async () => {
  world = await startWorld();
  train = createTrain(world.deps);
  features = await world.dataset('a,y\n1,0\n2,1\n3,1\n');
  trainer = await world.program(['node', 'train.mjs'], { 'train.mjs': restTrainer });
}, 240_000);
afterAll(() => world.close());

const input = (mode: string, more: { epochs?: number; hold?: Hold } = {}) => ({
  features,
  inputs: {},
  trainer,
  params: { mode, ...more },
  seed: 0,
});
const childrenOf = async (run: string) => {
  const experiment = await world.deps.tracking.ensureExperiment('tumours');
  return world.deps.tracking.runsTagged(experiment, 'ratchet.run', run).then((runs) => ({
    parent: runs.find(({ tags }) => !tags['ratchet.node']),
    children: runs.filter(({ tags }) => tags['ratchet.node']),
  }));
};
const killTrainer = async (run: string) =>
  process.kill(await trainerPid(join(world.folder, 'jobs'), jobId(run, 'train')), 'SIGKILL');
/** How often the trainer was started: each start printed a line. */
const starts = async (run: string, node = 'train') => {
  const { text } = await world.executor.log(jobId(run, node));
  return text.match(/^starts /gm)?.length ?? 0;
};
/** The same executor but for one call. */
const withCall = <Name extends keyof Executor>(executor: Executor, call: Name, instead: Executor[Name]): Executor =>
  new Proxy(executor, {
    get(from, name) {
      const value: unknown = name === call ? instead : Reflect.get(from, name);
      return typeof value === 'function' ? value.bind(from) : value;
    },
  });
const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );
const history = async (runId: string, key: string) => {
  const answer = await fetch(
    `${world.mlflow.url}/api/2.0/mlflow/metrics/get-history?run_id=${runId}&metric_key=${key}`,
  );
  const { metrics } = (await answer.json()) as { metrics: { step: number | string }[] };
  return metrics.map(({ step }) => Number(step));
};

describe.concurrent('a model that was lost', () => {
  it('is trained again, once, whoever asks', async () => {
    const run = 'run/tumours/lost';
    const { model: lost } = await train(input('good'), attemptOf(run, 'train'));
    const again = () => train(input('good'), { ...attemptOf(run, 'train'), damaged: [lost.uri] });
    const { model } = await again();
    expect(model.uri).not.toBe(lost.uri);
    expect(model.runId).not.toBe(lost.runId);
    expect((await again()).model).toEqual(model);
    const { parent, children } = await childrenOf(run);
    expect(children.map(({ runId, status }) => [runId, status])).toEqual([
      [lost.runId, 'FINISHED'],
      [model.runId, 'FINISHED'],
    ]);
    expect(parent?.status).toBe('FINISHED');
  });
});

describe.concurrent('a trainer that dies', () => {
  it('starts again in a fresh MLflow run when it left no checkpoint', async () => {
    const attempt = attemptOf('run/tumours/fresh', 'train');
    const { hold, letGo } = world.hold(2);
    const work = train(input('good', { epochs: 4, hold }), attempt);
    await attempt.until(/epoch/);
    await killTrainer('run/tumours/fresh');
    letGo();
    const { model } = await work;
    const { children } = await childrenOf('run/tumours/fresh');
    expect(children.map(({ status, tags }) => [tags['ratchet.attempt'], status])).toEqual([
      ['1', 'KILLED'],
      ['2', 'FINISHED'],
    ]);
    expect(children[1]?.runId).toBe(model.runId);
    expect(await history(model.runId, 'auc')).toEqual([1, 2, 3, 4]);
  });

  it('is one process and one run, wherever the worker dies: after each of its outside calls', async () => {
    let deaths = 0;
    for (let calls = 1; ; calls++) {
      const deps = mortal(world.deps, calls);
      const outcome = await failure(createTrain(deps)(input('good'), attemptOf('run/tumours/mortal', 'train')));
      if (outcome === null) break;
      expect(outcome).toMatchObject({ message: 'died' });
      deaths++;
    }
    expect(deaths).toBeGreaterThan(10);
    const { parent, children } = await childrenOf('run/tumours/mortal');
    expect([parent?.status, ...children.map(({ status }) => status)]).toEqual(['FINISHED', 'FINISHED']);
    expect(await starts('run/tumours/mortal')).toBe(1);
    expect(await history(children[0]?.runId ?? '', 'auc')).toEqual([1, 2]);
  });

  it('is one process and one run under two workers at once', async () => {
    const { hold, letGo } = world.hold(2);
    const attempts = [1, 2].map(() => attemptOf('run/tumours/both', 'train'));
    const two = attempts.map((attempt) => train(input('good', { epochs: 4, hold }), attempt));
    await Promise.all(attempts.map((attempt) => attempt.until(/epoch/)));
    letGo();
    const [first, second] = await Promise.all(two);
    expect(second).toEqual(first);
    expect(await starts('run/tumours/both')).toBe(1);
    expect((await childrenOf('run/tumours/both')).children).toHaveLength(1);
  });
});

describe.concurrent('a cancel while the trainer starts', () => {
  const statuses = async (run: string) => {
    const { parent, children } = await childrenOf(run);
    return [parent?.status, ...children.map(({ status }) => status)];
  };

  it('does not wait for an environment that is being made, and starts nothing', async () => {
    const attempt = attemptOf('run/tumours/cancelled-making', 'train');
    let made: () => void = () => undefined;
    const making = new Promise<void>((done) => {
      made = done;
    });
    const deps: JobDependencies = {
      ...world.deps,
      executor: withCall(world.executor, 'stage', async (...asked) => {
        attempt.cancel();
        await making;
        return world.executor.stage(...asked);
      }),
    };
    expect(await failure(createTrain(deps)(input('hangs'), attempt))).toMatchObject({ message: 'CANCELLED' });
    made();
    expect((await world.executor.attach(jobId('run/tumours/cancelled-making', 'train'))).kind).toBe('absent');
    expect(await statuses('run/tumours/cancelled-making')).toEqual(['KILLED']);
  });

  it('ends the MLflow run that was made for a job which never began', async () => {
    const attempt = attemptOf('run/tumours/cancelled-early', 'train');
    const deps: JobDependencies = {
      ...world.deps,
      tracking: {
        ...world.deps.tracking,
        logInputs: async (...asked) => {
          attempt.cancel();
          return world.deps.tracking.logInputs(...asked);
        },
      },
    };
    expect(await failure(createTrain(deps)(input('hangs'), attempt))).toMatchObject({ message: 'CANCELLED' });
    expect((await world.executor.attach(jobId('run/tumours/cancelled-early', 'train'))).kind).toBe('absent');
    expect(await statuses('run/tumours/cancelled-early')).toEqual(['KILLED', 'KILLED']);
  });

  it('ends the trainer that began in the same moment, and the runs that it began itself', async () => {
    const attempt = attemptOf('run/tumours/cancelled-late', 'train');
    const deps: JobDependencies = {
      ...world.deps,
      executor: withCall(world.executor, 'start', async (spec) => {
        attempt.cancel();
        const { experimentId = '', runId = '' } = spec.tracking ?? {};
        await world.deps.tracking.ensureRun({ experimentId, key: `below ${runId}`, name: 'nested', parent: runId });
        return world.executor.start(spec);
      }),
    };
    expect(await failure(createTrain(deps)(input('hangs'), attempt))).toMatchObject({ message: 'CANCELLED' });
    const id = jobId('run/tumours/cancelled-late', 'train');
    expect(await world.executor.attach(id)).toMatchObject({ kind: 'done', exit: { reason: 'stopped' } });
    expect(await statuses('run/tumours/cancelled-late')).toEqual(['KILLED', 'KILLED']);
    const { children } = await childrenOf('run/tumours/cancelled-late');
    const experiment = children[0]?.experimentId ?? '';
    const below = await world.deps.tracking.runsTagged(experiment, 'mlflow.parentRunId', children[0]?.runId ?? '');
    expect(below.map(({ status }) => status)).toEqual(['KILLED']);
  });
});

describe.concurrent('a trainer that is ended', () => {
  const ends = (run: string, mode: string, limits?: { memoryMb: number | null; timeoutMs: number | null }) =>
    failure(train(input(mode), attemptOf(run, 'train', limits)));
  const statuses = async (run: string) => {
    const { parent, children } = await childrenOf(run);
    return [parent?.status, ...children.map(({ status }) => status)];
  };

  it('crashes by itself and is not started again', async () => {
    expect(await ends('run/tumours/crash', 'segfaults')).toMatchObject({
      type: 'JobFailed',
      message: expect.stringContaining('crashed with SIGSEGV'),
    });
    expect(await starts('run/tumours/crash')).toBe(1);
  });

  it('needs more memory than its limit, and is told the limit and how to raise it', async () => {
    expect(await ends('run/tumours/memory', 'allocates', { memoryMb: 300, timeoutMs: null })).toMatchObject({
      type: 'JobFailed',
      message: expect.stringMatching(
        /needed more than its limit of 300 MiB .*raise it with \{ resources: \{ memoryMb: \d+/,
      ),
    });
    expect(await starts('run/tumours/memory')).toBe(1);
  });

  it('runs too long and is stopped', async () => {
    expect(await ends('run/tumours/slow', 'hangs', { memoryMb: null, timeoutMs: 3_000 })).toMatchObject({
      type: 'JobFailed',
      message: expect.stringMatching(/ran longer than its limit of 3 s: raise it with \{ timeout/),
    });
    expect((await world.executor.attach(jobId('run/tumours/slow', 'train'))).kind).toBe('done');
  });

  it('is stopped by a cancel, and its run is marked as killed', async () => {
    const attempt = attemptOf('run/tumours/cancelled', 'train');
    const work = failure(train(input('hangs'), attempt));
    await attempt.until(/running/);
    attempt.cancel();
    expect(await work).toMatchObject({ message: 'CANCELLED' });
    expect((await world.executor.attach(jobId('run/tumours/cancelled', 'train'))).kind).toBe('done');
    expect(await statuses('run/tumours/cancelled')).toEqual(['KILLED', 'KILLED']);
  });
});
