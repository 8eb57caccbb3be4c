/** Which MLflow run an attempt of a trainer logs to. */
import { expect, it } from 'vitest';
import { trainerRuns, trainingAgain } from '#activities/model/trainer-job/trainer-job.ts';
import type { RunContext } from '#contracts/run.ts';
import type { TrackedRun, Tracking } from '#ports/tracking.ts';

/** As much of MLflow as decides it: runs with tags, one for each key. */
function tracking(): Tracking & { runs: TrackedRun[] } {
  const runs: TrackedRun[] = [];
  const parts: Pick<Tracking, 'ensureExperiment' | 'ensureRun' | 'runsTagged' | 'finish'> = {
    ensureExperiment: async () => '1',
    ensureRun: async ({ key, name, tags }) => {
      const known = runs.find((run) => run.tags['ratchet.key'] === key);
      if (known) return known;
      const made = { runId: `r${runs.length}`, name, status: 'RUNNING', tags: { ...tags, 'ratchet.key': key } };
      runs.push({ experimentId: '1', artifactUri: '', params: {}, metrics: {}, steps: {}, ...made } as TrackedRun);
      return runs.at(-1) as TrackedRun;
    },
    runsTagged: async (_, tag, is) => runs.filter((run) => run.tags[tag] === is),
    finish: async (runId, status) => {
      const run = runs.find((each) => each.runId === runId);
      if (run) Object.assign(run, { status });
    },
  };
  return { ...(parts as Tracking), runs };
}
const run = { id: 'run/flights/1', pipeline: 'flights', environment: 'dev' } as RunContext;
const on = (mlflow: Tracking, host: string, damaged: string[] = []) => {
  const job = trainingAgain({ run, node: 'train', damaged }) ?? 'job';
  return trainerRuns(mlflow, run, { node: 'train', job, host }, {});
};

it('an attempt that is taken up again logs to its own run', async () => {
  const mlflow = tracking();
  const first = await (await on(mlflow, 'a')).fresh(1);
  expect((await (await on(mlflow, 'a')).fresh(1)).runId).toBe(first.runId);
  expect((await (await on(mlflow, 'a')).of(2))?.runId).toBe(first.runId);
});

it('a job that moved to another machine never logs to the run of the first one, whose trainer may live', async () => {
  const mlflow = tracking();
  const first = await (await on(mlflow, 'a')).fresh(1);
  const moved = await on(mlflow, 'b');
  expect(await moved.of(1)).toBeNull();
  const second = await moved.fresh(1);
  expect(second.runId).not.toBe(first.runId);
  expect(await moved.of(1)).toBe(second);
  expect(mlflow.runs.find(({ runId }) => runId === first.runId)?.status).toBe('KILLED');
});

it.each(['before', 'after'])(
  'a run of the same key that was made late, and is listed %s it, is not the job’s',
  async (where) => {
    const mlflow = tracking();
    const first = await (await on(mlflow, 'a')).fresh(1);
    const late = { ...first, runId: 'late', tags: { ...first.tags } };
    Object.assign(first.tags, { 'ratchet.agreed': 'true' });
    if (where === 'before') mlflow.runs.unshift(late);
    else mlflow.runs.push(late);
    expect((await (await on(mlflow, 'a')).of(1))?.runId).toBe(first.runId);
  },
);

it('a model that was lost is trained by a job of its own, one for each loss; what else was damaged makes none', async () => {
  const lost = ['models:/m-1', 's3://bucket/files/md5/1', 'runs:/2/model'];
  const job = (damaged: string[]) => trainingAgain({ run, node: 'train', damaged });
  const jobs = [0, 1, 2, 3].map((count) => job(lost.slice(0, count)));
  expect(jobs.map((each) => jobs.indexOf(each))).toEqual([0, 1, 1, 3]);
  expect(jobs[0]).toBeNull();
  const mlflow = tracking();
  const first = await (await on(mlflow, 'a')).fresh(1);
  const again = await on(mlflow, 'a', ['models:/m-1']);
  expect(await again.of(1)).toBeNull();
  expect((await again.fresh(1)).runId).not.toBe(first.runId);
});
