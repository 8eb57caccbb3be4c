/** Scripts as a data scientist writes them, unmodified, each through the local executor against a real MLflow. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalExecutor } from '#adapters/process/local-executor.ts';
import type { Json } from '#contracts/json.ts';
import type { JobSpec } from '#ports/executor.ts';
import { ended, eventually, programOf } from '../conformance/executor.ts';
import { holdIn } from '../fixtures/hold.ts';
import { localExecutor, trainerPid } from '../fixtures/local-executor.ts';
import { TrackedRuns } from '../integration/job-tracked-runs.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';

const scripts = join(import.meta.dirname, '../conformance/trainers');
let mlflow: TestMlflow;
let runs: TrackedRuns;
let folder: string;
let executor: LocalExecutor;
let started = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-trainers-'));
  mlflow = await startMlflow();
  runs = new TrackedRuns(mlflow.url);
  executor = localExecutor(folder);
});
afterAll(async () => {
  await executor?.reap(async () => 'closed', 0);
  await mlflow?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Starts `script` the way the train stage does: a fresh experiment, a run of its own. */
async function train(script: string, more: Partial<JobSpec> & { params?: Record<string, Json> } = {}) {
  const { params = {}, ...rest } = more;
  const experimentId = await runs.experiment(`of ${script}`);
  const runId = await runs.create(experimentId, script);
  const id = `${script.replace('.py', '')}-${started++}`;
  const spec: JobSpec = {
    id,
    attempt: 1,
    resumed: false,
    program: programOf(['python', join(scripts, script)]),
    request: { inputs: {}, params, seed: 1 },
    tracking: { trackingUri: mlflow.url, experimentId, runId },
    ...rest,
  };
  await executor.start(spec);
  return { spec, id, experimentId, runId };
}

async function trained(script: string) {
  const job = await train(script);
  const exit = await ended(executor, job.id);
  const { text } = await executor.log(job.id);
  expect(exit, text).toMatchObject({ code: 0, reason: 'exited' });
  return { ...job, log: text };
}

describe.concurrent('an attempt that another one has taken over from', () => {
  it('ends itself before its next write to MLflow', async () => {
    const { id, runId } = await train('checkpointing.py', { params: { epochs: 100_000, pause: 0.05 } });
    await eventually(async () => ((await executor.progress(id))?.done ?? 0) >= 2);
    const path = join(folder, 'jobs', id, 'process.json');
    const before = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...before, token: 'of another attempt' }));
    expect(await ended(executor, id)).toMatchObject({ code: 75 });
    expect((await executor.log(id)).text).toContain('another attempt of this job has begun; this one ends');
    // Neither the metrics after it, nor an end of the run that goes on.
    expect((await runs.read(runId)).metrics).not.toHaveProperty('epochs_done');
  });
});

describe.concurrent('scripts that log to MLflow', () => {
  it('autolog logs into the run that was made for the job', async () => {
    const { experimentId, runId } = await trained('autolog.py');
    const all = await runs.all(experimentId);
    expect(all.map((run) => run.id)).toEqual([runId]);
    expect(all[0]?.params).toHaveProperty('logisticregression__C', '0.5');
    expect(all[0]?.metrics).toHaveProperty('training_score');
    expect(await runs.models(experimentId)).toEqual([{ runId, status: 'LOGGED_MODEL_READY' }]);
  });

  it('a model that is logged without a run belongs to the run that was made for the job', async () => {
    const { experimentId, runId } = await trained('without_run.py');
    expect((await runs.all(experimentId)).map((run) => run.id)).toEqual([runId]);
    expect(await runs.models(experimentId)).toEqual([{ runId, status: 'LOGGED_MODEL_READY' }]);
  });

  it('a server and an experiment of its own are redirected, and that is said once', async () => {
    const { experimentId, runId, log } = await trained('own_server.py');
    expect((await runs.all(experimentId)).map((run) => run.id)).toEqual([runId]);
    expect((await runs.read(runId)).metrics).toHaveProperty('auc');
    expect(log.match(/ratchet: .*has no effect here: this run is tracked at/g)).toHaveLength(1);
    expect(log.match(/ratchet: mlflow.set_experiment\('churn-experiments'\) has no effect here/g)).toHaveLength(1);
    expect(log).toContain('1 run(s) with C = 1.0 so far');
    expect(await runs.experimentNames()).not.toContain('churn-experiments');
  });

  it('nested and later runs become children of the run', async () => {
    const { experimentId, runId } = await trained('nested_sweep.py');
    const children = (await runs.all(experimentId)).filter((run) => run.id !== runId);
    expect(children.map((run) => run.name).sort()).toEqual(['depth 1', 'depth 2', 'depth 4', 'second look']);
    expect(children.every((run) => run.tags['mlflow.parentRunId'] === runId)).toBe(true);
    expect((await runs.read(runId)).params).toHaveProperty('best_depth');
    expect(await runs.models(experimentId)).toEqual([{ runId, status: 'LOGGED_MODEL_READY' }]);
  });

  it('processes of its own log to children, whatever server the script put into the environment', async () => {
    const { experimentId, runId } = await trained('worker_pool.py');
    const children = (await runs.all(experimentId)).filter((run) => run.id !== runId);
    expect(children.map(({ name, tags }) => [name, tags['mlflow.parentRunId']]).sort()).toEqual([
      ['fold 0', runId],
      ['fold 1', runId],
    ]);
    expect((await runs.read(runId)).params).toEqual({ folds: '2' });
  });

  it('registered_model_name makes a candidate, not a version', async () => {
    const { runId, log } = await trained('registered_model_name.py');
    const candidate = JSON.parse((await runs.read(runId)).tags['ratchet.candidate'] ?? '');
    expect(candidate).toEqual({ uri: expect.stringMatching(/^models:\/m-/), name: 'tumours', runId });
    expect(log).toContain("ratchet: the model is not registered as 'tumours' by the script: it is the candidate");
    expect(await runs.registeredModels()).toEqual([]);
  });

  it('register_model and a champion alias of its own change nothing in the registry', async () => {
    const { runId, log } = await trained('register_model.py');
    const candidate = JSON.parse((await runs.read(runId)).tags['ratchet.candidate'] ?? '');
    expect(candidate).toEqual({ uri: expect.stringMatching(/^models:\/m-/), name: 'tumours', runId });
    expect(log).toMatch(/ratchet: the alias 'champion' of 'tumours' is not changed by the script/);
    expect(log).toContain('champion is version 0');
    expect(await runs.registeredModels()).toEqual([]);
  });

  it('metrics without a model end well: what is missing is the supervisor’s to judge', async () => {
    const { experimentId, runId } = await trained('no_model.py');
    expect((await runs.read(runId)).metrics).toEqual({ auc: 0.7 });
    expect(await runs.models(experimentId)).toEqual([]);
    // The run that the script ended takes more figures afterwards.
    await runs.logMetric(runId, 'judged', 1, 0);
    expect((await runs.read(runId)).metrics).toEqual({ auc: 0.7, judged: 1 });
  });

  it('a metric that is not a number reaches MLflow as one', async () => {
    const { runId } = await trained('nan_metric.py');
    expect((await runs.read(runId)).metrics.loss).toBeNaN();
  });
});

describe.concurrent('a resume', () => {
  const steps = (count: number) => Array.from({ length: count }, (_, step) => step);

  it('goes on from the last checkpoint of a trainer killed in mid-epoch; each step is there once', async () => {
    const { hold, letGo } = holdIn(folder, 4);
    const { id, runId, spec } = await train('checkpointing.py', { params: { epochs: 12, pause: 0, hold } });
    // Its fourth epoch is logged and not saved.
    await eventually(async () => (await runs.history(runId, 'best')).length === 4);
    process.kill(await trainerPid(join(folder, 'jobs'), id), 'SIGKILL');
    expect(await ended(executor, id)).toMatchObject({ signal: 'SIGKILL', reason: 'signalled', oomKilled: false });
    expect((await executor.output(id)).checkpoints).toBeGreaterThan(0);
    letGo();

    await executor.start({ ...spec, attempt: 2, resumed: true });
    const exit = await ended(executor, id);
    const { text } = await executor.log(id);
    expect(exit, text).toMatchObject({ code: 0, attempt: 2 });
    expect(text).toMatch(/starting with epoch 0[\s\S]*--- attempt 2 ---[\s\S]*starting with epoch 3/);
    for (const key of ['auc', 'loss', 'best'])
      expect((await runs.history(runId, key)).map(({ step }) => step)).toEqual(steps(12));
    expect(await runs.history(runId, 'epochs_done')).toHaveLength(1);
  });

  it('refuses a changed parameter and says which', async () => {
    const { id, spec } = await train('changed_param.py');
    await ended(executor, id);
    await executor.start({ ...spec, attempt: 2, resumed: true });
    expect(await ended(executor, id)).toMatchObject({ code: 1, attempt: 2 });
    expect((await executor.log(id)).text).toMatch(/parameters are fixed: 'learning_rate' was '0.1' and is now '0.2'/);
  });
});

describe.concurrent('scripts that go wrong', () => {
  it('one that prints 10 MB a second neither stalls nor fills the disk', async () => {
    const { id } = await train('chatty.py', { limits: { logBytes: 2 ** 20 } });
    const exit = await ended(executor, id);
    expect(exit).toMatchObject({ code: 0 });
    const log = await executor.log(id, 2 ** 22);
    expect(log.bytes).toBeGreaterThan(30_000_000);
    expect(log.text.length).toBeLessThan(1.1 * 2 ** 20);
    expect(log.text).toMatch(/^epoch 1\/1[\s\S]*bytes of the log were dropped[\s\S]*done training\n$/);
  });

  it('one that exits 1 keeps its last words', async () => {
    const { id } = await train('exits_one.py');
    expect(await ended(executor, id)).toMatchObject({ code: 1, reason: 'exited' });
    expect((await executor.log(id)).text).toContain("column 'age' is missing");
  });

  it('one that hangs is stopped on request', async () => {
    const { id } = await train('hangs.py', { limits: { graceSeconds: 2 } });
    await eventually(async () => (await executor.log(id)).text.includes('waiting'));
    expect(await executor.stop(id, 'the step may take 1 minute')).toMatchObject({
      reason: 'stopped',
      detail: 'the step may take 1 minute',
    });
  });

  it('one that allocates without end is killed for memory', async () => {
    const { id } = await train('allocates.py', { limits: { memoryBytes: 400_000_000 } });
    expect(await ended(executor, id)).toMatchObject({ oomKilled: true, reason: 'memory' });
  });

  it('one that ignores SIGTERM is killed after its grace', async () => {
    const { id } = await train('ignores_sigterm.py', { limits: { graceSeconds: 0.5 } });
    await eventually(async () => (await executor.log(id)).text.includes('training'));
    expect(await executor.stop(id, 'cancelled')).toMatchObject({ reason: 'stopped', signal: 'SIGKILL' });
    expect((await executor.log(id)).text).toContain('not now');
  });

  it('one that leaves a daemon behind leaves none', async () => {
    const { id } = await train('double_forks.py');
    expect(await ended(executor, id)).toMatchObject({ code: 0 });
    const pid = await readFile(join(folder, 'jobs', id, 'checkpoints', 'daemon.pid'), 'utf8');
    await eventually(async () => !existsSync(`/proc/${pid}/stat`));
  });
});
