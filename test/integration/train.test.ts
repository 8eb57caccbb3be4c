import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTrain } from '#activities/model/train.ts';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import type { StageWork } from '#activities/stage.ts';
import type { DatasetRef } from '#contracts/data.ts';
import type { PinnedProgram } from '#contracts/program.ts';
import type { Hold } from '../fixtures/hold.ts';
import { trainerPid } from '../fixtures/local-executor.ts';
import { attemptOf, restTrainer, startWorld, type World } from './train-setup.ts';

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

describe.concurrent('a trainer that ends well', () => {
  it('gives its model and metrics, in a run below the pipeline’s own', async () => {
    const attempt = attemptOf('run/tumours/well', 'train');
    const output = await train(input('good'), attempt);
    const { parent, children } = await childrenOf('run/tumours/well');
    const [child, ...others] = children;
    expect(others).toEqual([]);
    expect(output).toEqual({
      model: {
        kind: 'model',
        runId: child?.runId,
        uri: expect.stringMatching(/^models:\/m-/),
        digest: await world.deps.tracking.modelDigest(output.model.uri),
        environment: trainer.pinned.lock?.digest,
        trainedOn: features.digest,
        training: [{ digest: features.digest, rows: features.rows }],
        code: trainer.pinned.digest,
      },
      metrics: { auc: 0.52 },
    });
    expect(parent).toMatchObject({ status: 'FINISHED', name: 'run/tumours/well' });
    expect(child).toMatchObject({
      status: 'FINISHED',
      tags: {
        'mlflow.parentRunId': parent?.runId,
        'ratchet.run': 'run/tumours/well',
        'ratchet.node': 'train',
        'ratchet.pipeline': 'tumours',
        'ratchet.model.digest': output.model.digest,
      },
    });
    const log = await fetch(`${world.mlflow.url}/get-artifact?run_id=${child?.runId}&path=ratchet/trainer.log`);
    expect(await log.text()).toContain('starts {"mode":"good","inputs":["features"],"resumed":false,"rows":true}');
    const inputs = await fetch(`${world.mlflow.url}/api/2.0/mlflow/runs/get?run_id=${child?.runId}`);
    expect(JSON.stringify(await inputs.json())).toContain(features.digest);
  });

  it('says which service its features are of, in its run and of its model', async () => {
    const service = { name: 'tumours', version: `sha256:${'a'.repeat(64)}`, definitions: `sha256:${'b'.repeat(64)}` };
    const asked = { ...input('good'), features: { ...features, service } };
    const { model } = await train(asked, attemptOf('run/tumours/served', 'train'));
    expect(model.service).toEqual(service);
    const [child] = (await childrenOf('run/tumours/served')).children;
    expect(child?.tags['ratchet.feature_service']).toBe(`tumours@${service.version}`);
  });

  it('is not started again when its activity is', async () => {
    const first = await train(input('good'), attemptOf('run/tumours/again', 'train'));
    const second = await train(input('good'), attemptOf('run/tumours/again', 'train'));
    expect(second).toEqual(first);
    expect(await starts('run/tumours/again')).toBe(1);
    expect((await childrenOf('run/tumours/again')).children).toHaveLength(1);
  });

  it('carries metrics that are not finite as words', async () => {
    expect((await train(input('nan'), attemptOf('run/tumours/nan', 'train'))).metrics).toEqual({ auc: 'NaN' });
  });

  it('takes the newest of several models and says so', async () => {
    const attempt = attemptOf('run/tumours/two', 'train');
    const { model } = await train(input('two models'), attempt);
    expect(attempt.said.join('\n')).toMatch(/logged 2 models \(worse, model\): the newest/);
    expect((await world.deps.tracking.models(model.runId)).at(-1)?.uri).toBe(model.uri);
  });

  it('tells its progress, from its own lines or from what it logs', async () => {
    const own = attemptOf('run/tumours/lines', 'train');
    const { hold, letGo } = world.hold(2);
    const slow = train(input('good', { epochs: 4, hold }), own);
    await own.until(/epoch/);
    letGo();
    await slow;
    expect(own.said.join('\n')).toMatch(/epoch \d\/4, auc 0\.5\d/);
    const quiet = attemptOf('run/tumours/quiet', 'train');
    const held = world.hold(4);
    const silent = train(input('quiet', { epochs: 8, hold: held.hold }), quiet);
    await quiet.until(/step/);
    held.letGo();
    await silent;
    expect(quiet.said.join('\n')).toMatch(/step \d, auc 0\.5\d/);
  });
});

describe.concurrent('a trainer that dies', () => {
  it('goes on from its checkpoint in the same MLflow run, each step logged once', async () => {
    const attempt = attemptOf('run/tumours/dies', 'train');
    const { hold } = world.hold(3);
    const work = train(input('checkpoints', { epochs: 6, hold }), attempt);
    await attempt.until(/epoch 3\/6/);
    await killTrainer('run/tumours/dies');
    const { model } = await work;
    const { children } = await childrenOf('run/tumours/dies');
    expect(children.map(({ runId, status }) => ({ runId, status }))).toEqual([
      { runId: model.runId, status: 'FINISHED' },
    ]);
    expect(await starts('run/tumours/dies')).toBe(2);
    // This trainer had written its checkpoint.
    expect(await history(model.runId, 'auc')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(attempt.said.join('\n')).toContain('goes on from its last checkpoint');
  });

  it('is the same process for the next worker, when only the worker went', async () => {
    const first = attemptOf('run/tumours/worker', 'train');
    const { hold, letGo } = world.hold(2);
    const work = failure(train(input('good', { epochs: 8, hold }), first));
    await first.until(/epoch/);
    first.shutDown();
    expect(await work).toMatchObject({ message: 'WORKER_SHUTDOWN' });
    const state = await world.executor.attach(jobId('run/tumours/worker', 'train'));
    expect(state.kind).toBe('running');
    letGo();
    const { model } = await train(input('good', { epochs: 8 }), attemptOf('run/tumours/worker', 'train'));
    expect(await starts('run/tumours/worker')).toBe(1);
    expect(await history(model.runId, 'auc')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe.concurrent('a trainer that fails', () => {
  const ends = (run: string, mode: string, limits?: { memoryMb: number | null; timeoutMs: number | null }) =>
    failure(train(input(mode), attemptOf(run, 'train', limits)));
  const statuses = async (run: string) => {
    const { parent, children } = await childrenOf(run);
    return [parent?.status, ...children.map(({ status }) => status)];
  };

  it('says its code, its last lines and where the whole log is', async () => {
    const error = await ends('run/tumours/fails', 'fails');
    expect(error).toMatchObject({
      type: 'JobFailed',
      message: expect.stringMatching(/^The trainer of train ended with code 7\./),
    });
    expect(String(error)).toMatch(/line 38\nline 39\n/);
    expect(String(error)).not.toContain('line 20\n');
    expect(String(error)).toMatch(/whole log: http:.*\/#\/experiments\/\d+\/runs\/[0-9a-f]+$/);
    expect(await statuses('run/tumours/fails')).toEqual(['FAILED', 'FAILED']);
    expect(await ends('run/tumours/fails', 'fails')).toMatchObject({ type: 'JobFailed' });
    expect(await starts('run/tumours/fails')).toBe(1);
  });

  it('logs no model and is told how to', async () => {
    expect(await ends('run/tumours/no-model', 'no model')).toMatchObject({
      type: 'JobFailed',
      message: expect.stringMatching(/logged no model: call mlflow\.sklearn\.log_model/),
    });
    expect(await statuses('run/tumours/no-model')).toEqual(['FAILED', 'FAILED']);
  });
});

describe.concurrent('trainers as data scientists write them', () => {
  const python = async (name: string) =>
    world.program(['python', name], {
      [name]: readFileSync(join(import.meta.dirname, '../conformance/trainers', name), 'utf8'),
    });

  it('train in epochs, are killed, and go on', async () => {
    const attempt = attemptOf('run/tumours/python', 'train');
    const { hold, letGo } = world.hold(4);
    const work = train(
      { ...input(''), trainer: await python('checkpointing.py'), params: { epochs: 8, pause: 0, hold } },
      attempt,
    );
    await attempt.until(/epoch 3\/8/);
    await killTrainer('run/tumours/python');
    letGo();
    const { model, metrics } = await work;
    expect(await history(model.runId, 'auc')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(metrics).toMatchObject({ epochs_done: 8 });
    expect((await world.deps.tracking.modelCard(model.uri)).flavors).toContain('sklearn');
  });

  it('register their model themselves, which makes it the candidate and no version', async () => {
    const { model } = await train(
      { ...input(''), trainer: await python('registered_model_name.py'), params: {} },
      attemptOf('run/tumours/registers', 'train'),
    );
    expect(model.uri).toMatch(/^models:\/m-/);
    expect(await world.deps.tracking.versions('tumours')).toEqual([]);
  });
});
