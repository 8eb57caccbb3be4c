/** The servers go in mid-training, by `ratchet down` and by a kill of who keeps them: `ratchet dev` brings them back, and the run goes on. */
import { expect, test } from 'vitest';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import { readLog } from '#adapters/process/job/log.ts';
import { identityOf, isSameProcess, type ProcessIdentity } from '#adapters/process/process-identity.ts';
import { readStackFile } from '#stack/file.ts';
import { stackPaths } from '#stack/paths.ts';
import { stackStatus } from '#stack/status.ts';
import { copyOfSmall } from './world/pipelines.ts';
import { processesOfJob } from './world/processes.ts';
import { type Answer, projectFolder, ratchet, until } from './world/ratchet.ts';

/** A run whose trainer is at work for so long (another time is no hit of the cache), and asks MLflow for something each second. */
async function training(
  name: string,
  seconds: number,
): Promise<{ runId: string; trainers: () => number[]; log: () => Promise<string> }> {
  const small = copyOfSmall(name);
  small.edit(
    'train.py',
    '        time.sleep(0.1)',
    '        time.sleep(0.1)\n        tenth % 10 or mlflow.log_metric("alive", tenth, step=tenth)',
  );
  // MLflow's client by itself gives up after a second instead of minutes.
  small.edit('train.py', 'import mlflow\n', "os.environ.update(MLFLOW_HTTP_REQUEST_MAX_RETRIES='0')\nimport mlflow\n");
  const { runId } = (await ratchet('run', small.name, '--param', `seconds=${seconds}`, '--json')).json();
  await until(async () => {
    const { nodes } = (await ratchet('show', runId, '--json')).json();
    return nodes?.find(({ id, progress }) => id === 'train' && progress === 'epoch 1/2');
  });
  const job = `${projectFolder}/.ratchet/jobs/${jobId(runId, 'train')}`;
  return { runId, trainers: () => processesOfJob(job), log: async () => (await readLog(job, 1_000_000)).text };
}

async function promoted(runId: string): Promise<void> {
  const result = await until(async () => (await ratchet('show', runId, '--json')).json<{ result?: Answer }>().result);
  expect(result).toMatchObject({ status: 'promoted', modelVersion: '1' });
}

test('`ratchet down` in mid-training and `ratchet dev` again: the same trainer waits for its servers, and the run is promoted', async () => {
  const { runId, trainers, log } = await training('down', 40);
  const before = trainers();
  expect(before.length).toBeGreaterThan(0);
  expect((await ratchet('down')).code).toBe(0);
  // It has missed them, and lives.
  await until(async () => (await log()).includes('MLflow does not answer'));
  expect(trainers()).toEqual(before);
  const up = await ratchet('dev', '--json');
  expect(up.code, up.stderr).toBe(0);
  expect(trainers()).toEqual(before);
  await promoted(runId);
  expect(await log()).toContain('MLflow answers again');
  expect(await log()).not.toContain('attempt 2');
});

test('who keeps the servers is killed in mid-training: the next `ratchet dev` ends what is left and says which, never the trainer', async () => {
  const { runId, trainers, log } = await training('kept', 41);
  const before = trainers();
  const parts = Object.entries(readStackFile(stackPaths(projectFolder))?.parts ?? {});
  const left = new Map<string, ProcessIdentity>();
  for (const [name, { process: running }] of parts) {
    const identity = running && (await identityOf(running.pid));
    if (identity) left.set(name, identity);
  }
  expect([...left.keys()].sort()).toEqual(['mlflow', 'object-store', 'temporal', 'worker-1']);
  const { supervisor } = await stackStatus(projectFolder);
  process.kill(supervisor?.pid ?? 0, 'SIGKILL');
  await until(async () => !(await stackStatus(projectFolder)).running);

  const up = await ratchet('dev');
  expect(up.code, up.stderr).toBe(0);
  const said = /ended what ran before: (.*)/.exec(up.stdout + up.stderr)?.[1] ?? '';
  const living = [];
  for (const [name, identity] of left) {
    if (await isSameProcess(identity)) living.push(name);
    else expect(said.split(', ')).toContain(name);
  }
  expect(living).toEqual([]);
  expect(trainers()).toEqual(before);
  await promoted(runId);
  expect(await log()).not.toContain('attempt 2');
});
