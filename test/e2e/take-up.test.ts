/** What a person does with a run after it was started: mend and retry it, fork it, cancel it, roll its model back. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { copyOfSmall } from './world/pipelines.ts';
import { processesOfJob } from './world/processes.ts';
import { type Answer, projectFolder, ratchet, until } from './world/ratchet.ts';

const small = copyOfSmall('taken');
const labelStep = small.read('steps/label.ts');
const statuses = ({ nodes }: Answer) => Object.fromEntries(nodes.map(({ id, status }) => [id, status]));

async function champion(): Promise<string> {
  const { mlflow } = connectionSettings(projectFolder);
  const answer = await fetch(`${mlflow.url}/api/2.0/mlflow/registered-models/alias?name=${small.name}&alias=champion`);
  return ((await answer.json()) as { model_version: { version: string } }).model_version.version;
}

let failed: Answer;
let promoted: Answer;

test('a run that fails says where and what next, and its state is failed', async () => {
  small.edit('pipeline.ts', 'const labelled = run(label, { rows: measured.rows });', '');
  small.edit(
    'pipeline.ts',
    'const report =',
    "const labelled = run(label, { rows: measured.rows }, { after: ['train'], retry: { attempts: 1 } });\n    const report =",
  );
  small.edit(
    'pipeline.ts',
    "target: 'y' });\n    const verdict",
    "target: 'y' }, { after: [labelled] });\n    const verdict",
  );
  small.write(
    'steps/label.ts',
    labelStep.replace(/run: .*/, "run: () => { console.log('about to fail'); throw new Error('no such label'); },"),
  );
  const said = await ratchet('run', small.name, '--param', 'columns=1', '--wait', '--json');
  failed = said.json();
  expect([said.code, failed.status, failed.modelVersion]).toEqual([1, 'failed', null]);
  expect(failed.reasons[0]).toMatch(
    /Step "label" failed: no such label \(pipelines\/taken[\w-]*\/steps\/label\.ts:\d+\)/,
  );
  expect(statuses(failed)).toMatchObject({ train: 'done', label: 'failed' });

  const shown = await ratchet('show', failed.runId);
  expect(shown.stdout).toContain(`Mend it, then: ratchet retry ${failed.runId}`);
  expect(shown.stdout).not.toMatch(/^ {4}at /m);
  expect((await ratchet('logs', failed.runId, 'label')).stdout).toBe('about to fail\n');
});

test('retry goes on with the mended code: what was done stays done', async () => {
  small.write('steps/label.ts', labelStep);
  const said = await ratchet('retry', failed.runId, '--wait', '--json');
  promoted = said.json();
  expect(promoted.runId).toBe(`${failed.runId}/r2`);
  expect([said.code, promoted.status, promoted.modelVersion]).toEqual([0, 'promoted', '1']);
  expect(statuses(promoted)).toMatchObject({ measure: 'kept', featurize: 'kept', train: 'kept', label: 'done' });
  const again = await ratchet('retry', promoted.runId);
  expect(again.code).toBe(2);
  expect(again.stderr).toMatch(/nothing to retry.*ratchet fork/s);
});

test('fork runs a finished run again from one node, with other params', async () => {
  const better = await ratchet('fork', promoted.runId, '--from', 'train', '--param', 'columns=3', '--wait', '--json');
  expect([better.code, better.json().status, better.json().modelVersion]).toEqual([0, 'promoted', '2']);
  expect(statuses(better.json())).toMatchObject({ featurize: 'kept', train: 'done' });
  expect(await champion()).toBe('2');

  // Its model is as it was, its champion is another one: judged again, and under the new floor.
  const worse = await ratchet('fork', promoted.runId, '--from', 'gate', '--param', 'floor=0.99', '--wait', '--json');
  expect([worse.code, worse.json().status]).toEqual([3, 'refused']);
  expect(worse.json().reasons.join()).toMatch(/worse by.*0\.99/s);
  expect(statuses(worse.json())).toMatchObject({ train: 'kept', gate: 'done', register: 'skipped' });

  const nowhere = await ratchet('fork', promoted.runId, '--from', 'nowhere');
  expect(nowhere.code).toBe(2);
  expect(nowhere.stderr).toMatch(/no node "nowhere".*train/s);
});

test('rollback makes the one before champion again', async () => {
  const said = await ratchet('rollback', small.name, '--reason', 'worse in production', '--json');
  expect(said.code, said.stderr).toBe(0);
  expect(said.json()).toMatchObject({ champion: '1' });
  expect(await champion()).toBe('1');
  const nobody = await ratchet('rollback', 'no-such-model', '--reason', 'a slip');
  expect(nobody.code).toBe(2);
  expect(nobody.stderr).toMatch(/MLflow has no version of a registered model "no-such-model"/);
  expect(nobody.stderr).not.toMatch(/^ {4}at /m);
});

test('cancel ends the trainer, and what is always done is done', async () => {
  const farewell = small.path('farewell.txt');
  const started = (
    await ratchet('run', small.name, '--param', 'seconds=500', '--param', `farewell=${farewell}`, '--json')
  ).json();
  await until(async () => {
    const { nodes } = (await ratchet('show', started.runId, '--json')).json();
    return nodes?.find(({ id, progress }) => id === 'train' && progress === 'epoch 1/2');
  });
  const job = `${projectFolder}/.ratchet/jobs/${jobId(started.runId, 'train')}`;
  const trainers = () => processesOfJob(job);
  expect(trainers().length).toBeGreaterThan(0);

  const said = await ratchet('cancel', started.runId);
  expect(said.stdout).toContain('ratchet show');
  const ended = await until(async () => {
    const { result } = (await ratchet('show', started.runId, '--json')).json<{ result?: Answer }>();
    return result;
  });
  expect(ended.status).toBe('cancelled');
  expect(statuses(ended)).toMatchObject({ train: 'cancelled', evaluate: expect.not.stringMatching('done') });
  expect(readFileSync(farewell, 'utf8')).toBe('over\n');
  await until(async () => trainers().length === 0);
  expect((await ratchet('cancel', started.runId)).stdout).toMatch(/has ended already: cancelled/);
});

test('runs, graph, plan, logs and check tell what there is', async () => {
  const runs = (await ratchet('runs', small.name, '--json')).json<{ runId: string; status: string }[]>();
  expect(runs.map(({ status }) => status)).toEqual(['cancelled', 'refused', 'promoted', 'promoted', 'failed']);
  const graph = await ratchet('graph', small.name);
  expect(graph.stdout).toMatch(/train[\s\S]*evaluate/);
  const plan = await ratchet('plan', small.name, '--param', 'columns=1');
  expect(plan.stdout).toMatch(/train\s+train\s+cached\s+hit: same code and input as run\//);
  expect((await ratchet('check', small.name)).code).toBe(0);
  small.edit('pipeline.ts', 'if (!params.ask)', 'if (!verdict.passed)');
  const found = await ratchet('check', small.name);
  expect(found.code).toBe(3);
  expect(found.stdout).toMatch(/pipeline\.ts:\d+ /);
});
