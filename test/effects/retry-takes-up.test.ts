/** A retry of a run that failed takes up its trainer, from its last checkpoint too, and never one that is wanted. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endOpenRuns } from '#activities/model/end-open-runs.ts';
import type { JobDependencies } from '#activities/model/run-job/dependencies.ts';
import { createRunScript } from '#activities/model/run-job/run-job.ts';
import { createTrain } from '#activities/model/train.ts';
import { trainerRuns } from '#activities/model/trainer-job/trainer-job.ts';
import { eventually } from '../conformance/executor.ts';
import {
  attempt,
  failure,
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
} from '../integration/retry-world.ts';
import { attemptOf, mortal } from '../integration/train-setup.ts';

retryWorld();

it('a run that is taken over while the one before is ended stays open', async () => {
  const { tracking } = world.deps;
  const [before, after] = [attempt('late', 'late').run, attempt('late/r2', 'late').run];
  const of = { node: 'train', job: 'job-late', host: 'here' };
  const own = await (await trainerRuns(tracking, before, of, {})).fresh(1);
  const next = await trainerRuns(tracking, after, of, {});
  // Between the listing of what is open and each end, as a worker that stands still for a moment would have it.
  const slow = {
    ...tracking,
    finish: async (...asked: Parameters<typeof tracking.finish>) => {
      await next.takeOver(1);
      await tracking.finish(...asked);
    },
  };
  await endOpenRuns(slow, before, 'KILLED');
  expect((await tracking.run(own.runId)).status).toBe('RUNNING');
  const { parent } = await trackedOf('late');
  expect(parent?.status).toBe('KILLED');
  await endOpenRuns(tracking, after, 'KILLED');
  expect((await tracking.run(own.runId)).status).toBe('KILLED');
});

describe.concurrent('a trainer that was ended with its run', () => {
  it('goes on from its checkpoint in the same MLflow run, each step logged once', async () => {
    const python = await world.program(['python', 'train.py'], {
      'train.py': readFileSync(join(import.meta.dirname, '../conformance/trainers/checkpointing.py'), 'utf8'),
    });
    const { hold, letGo } = world.hold(3);
    const long = { ...input('', 8), trainer: python, params: { epochs: 8, pause: 0, hold } };
    const first = attempt('ended', 'ended');
    await left('ended', 'ended', train(long, first), first);
    letGo();
    const before = await trackedOf('ended');
    expect([before.parent?.status, ...before.children.map(({ status }) => status)]).toEqual(['KILLED', 'KILLED']);

    const retry = attempt('ended/r2', 'ended');
    const { model } = await train(long, retry);
    expect(retry.said.join('\n')).toContain('takes up what run/tumours/ended left');
    expect(retry.said.join('\n')).toContain('had ended, goes on from its last checkpoint');
    expect(model.runId).toBe(before.children[0]?.runId);
    expect(await steps(model.runId)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const { text } = await world.executor.log(idOf('ended'));
    const began = [...text.matchAll(/starting with epoch (\d)/g)].map(([, epoch]) => Number(epoch));
    expect(began).toHaveLength(2);
    expect(began[1]).toBeGreaterThan(0);

    // It belongs to the retry now, and the run before keeps the end that it had.
    const after = await trackedOf('ended/r2');
    expect(after.children.map(({ runId, status, tags }) => [runId, status, tags['mlflow.parentRunId']])).toEqual([
      [model.runId, 'FINISHED', after.parent?.runId],
    ]);
    expect(after.children[0]?.tags['ratchet.taken.from']).toBe('run/tumours/ended');
    expect(after.parent?.status).toBe('FINISHED');
    const { parent, children } = await trackedOf('ended');
    expect([parent?.status, children]).toEqual(['KILLED', []]);
  });

  it('is taken up from a retry that failed as well, and its deaths are counted anew', async () => {
    const first = attempt('twice', 'twice');
    const { hold } = world.hold(2, 6);
    await left('twice', 'twice', train(input('checkpoints', 12, hold), first), first);
    const second = attempt('twice/r2', 'twice');
    const retried = train(input('checkpoints', 12, hold), second);
    await second.until(/epoch 6/);
    second.shutDown();
    await failure(retried);
    world.failed.add('run/tumours/twice/r2');
    await world.executor.stop(idOf('twice'), 'the run that wanted it is over');
    const third = attempt('twice/r3', 'twice');
    const { model } = await train(input('checkpoints', 12), third);
    expect(await world.executor.holder(idOf('twice'))).toMatchObject({
      run: 'run/tumours/twice/r3',
      taken: 2,
      attempt: 2,
    });
    expect(new Set(await steps(model.runId))).toEqual(new Set(Array.from({ length: 12 }, (_, index) => index + 1)));
    expect(await startsOf(idOf('twice'))).toBe(3);
    expect((await jobsOf('twice')).map(({ labels }) => labels.run)).toEqual(['run/tumours/twice/r3']);
  });

  it('begins anew where its MLflow run is gone', async () => {
    const { hold } = world.hold(2);
    const gone = attempt('gone', 'gone');
    await left('gone', 'gone', train(input('checkpoints', 6, hold), gone), gone);
    const [child] = (await trackedOf('gone')).children;
    await fetch(`${world.mlflow.url}/api/2.0/mlflow/runs/delete`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ run_id: child?.runId }),
    });
    const { model } = await train(input('checkpoints', 6), attempt('gone/r2', 'gone'));
    expect(await steps(model.runId)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('begins anew in a run that is no retry, and for other work', async () => {
    const { hold } = world.hold(2);
    const other = attempt('other', 'other');
    await left('other', 'other', train(input('checkpoints', 6, hold), other), other);
    const fresh = await train(input('checkpoints', 6), attempt('other-day', 'other'));
    expect(await steps(fresh.model.runId)).toEqual([1, 2, 3, 4, 5, 6]);
    // Nor is it taken for other work.
    const mended = await train(input('checkpoints', 6), attempt('other/r2', 'mended'));
    expect(await steps(mended.model.runId)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await startsOf(idOf('other'))).toBe(1);
  });

  it('had ended well while nobody looked: its model is taken, and nothing is trained', async () => {
    const first = attempt('well', 'well');
    const { hold, letGo } = world.hold(1);
    const begun = failure(train(input('good', 3, hold), first));
    await first.until(/epoch/);
    first.shutDown();
    await begun;
    letGo();
    await eventually(async () => (await world.executor.attach(idOf('well'))).kind === 'done');
    world.failed.add('run/tumours/well');
    await endOpenRuns(world.deps.tracking, first.run, 'KILLED');
    const { model, metrics } = await train(input('good', 3), attempt('well/r2', 'well'));
    expect(metrics).toEqual({ auc: 0.53 });
    expect(await startsOf(idOf('well'))).toBe(1);
    expect((await jobsOf('well')).map(({ id }) => id)).toEqual([idOf('well')]);
    expect((await trackedOf('well/r2')).children).toMatchObject([{ runId: model.runId, status: 'FINISHED' }]);
  });

  it('failed by itself: the retry goes on from its checkpoint, and its own failure is told', async () => {
    const failing = await world.program(['node', 'train.mjs'], {
      'train.mjs': `import { existsSync, writeFileSync } from 'node:fs';
const saved = process.env.RATCHET_CHECKPOINTS + '/one';
console.log('starts', existsSync(saved));
if (existsSync(saved)) process.exit(4);
writeFileSync(saved, ''); process.exit(3);`,
    });
    const work = { ...input('', 1), trainer: failing };
    expect(String(await failure(train(work, attempt('fails', 'fails'))))).toContain('ended with code 3');
    world.failed.add('run/tumours/fails');
    expect(String(await failure(train(work, attempt('fails/r2', 'fails'))))).toContain('ended with code 4');
    expect((await world.executor.log(idOf('fails'))).text).toMatch(/starts false\n[\s\S]*starts true\n/);
    expect((await trackedOf('fails/r2')).children.map(({ status }) => status)).toEqual(['FAILED']);
  });
});

describe.concurrent('a trainer that still runs', () => {
  it('is left alone while its run lives: the other one has a job of its own', async () => {
    const first = attempt('live', 'live');
    const { hold, letGo } = world.hold(2);
    const work = train(input('good', 12, hold), first);
    await first.until(/epoch/);
    const process = await processOf(idOf('live'));
    const { model } = await train(input('good', 3), attempt('live/r2', 'live'));
    expect(await processOf(idOf('live'))).toBe(process);
    letGo();
    expect(await steps(model.runId)).toEqual([1, 2, 3]);
    const own = await work;
    expect(own.model.runId).not.toBe(model.runId);
    expect(await steps(own.model.runId)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect((await jobsOf('live')).map(({ id }) => id).sort()).toEqual([idOf('live'), idOf('live/r2')].sort());
  });

  it('goes to one of several retries at once; the others have jobs of their own', async () => {
    const first = attempt('many', 'many');
    const { hold, letGo } = world.hold(2);
    const process = await left('many', 'many', train(input('good', 14, hold), first), first, false);
    const retries = [2, 3, 4].map((each) => attempt(`many/r${each}`, 'many'));
    const work = Promise.all(retries.map((each) => train(input('good', 14, hold), each)));
    await Promise.all(retries.map((each) => each.until(/epoch/)));
    const jobs = await jobsOf('many');
    expect(jobs.map(({ labels }) => labels.run).sort()).toEqual(retries.map(({ run }) => run.id).sort());
    expect(await processOf(idOf('many'))).toBe(process);
    letGo();
    const models = new Set((await work).map(({ model }) => model.runId));
    expect(models.size).toBe(3);
    for (const runId of models) expect(new Set(await steps(runId)).size).toBe((await steps(runId)).length);
  });

  it('is out of reach of who had it before: neither a cancel, nor a time limit, nor its end in MLflow passes', async () => {
    const first = attempt('fenced', 'fenced');
    const { hold, letGo } = world.hold(2);
    const old = failure(train(input('good', 16, hold), first));
    await first.until(/epoch/);
    const process = await processOf(idOf('fenced'));
    world.failed.add('run/tumours/fenced');
    const retry = attempt('fenced/r2', 'fenced');
    const work = train(input('good', 16), retry);
    await retry.until(/epoch/);
    first.cancel();
    expect(await old).toMatchObject({ message: 'CANCELLED' });
    expect(await processOf(idOf('fenced'))).toBe(process);
    expect((await trackedOf('fenced/r2')).children.map(({ status }) => status)).toEqual(['RUNNING']);
    const late = { run: 'run/tumours/fenced', node: 'train' };
    expect(await world.executor.stop(idOf('fenced'), 'too late', late)).toBeNull();
    letGo();
    const { model } = await work;
    expect(await startsOf(idOf('fenced'))).toBe(1);
    expect(await steps(model.runId)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
  });

  it('has one owner and stays one process, wherever the worker dies while it takes it over', async () => {
    const first = attempt('mortal', 'mortal');
    const { hold, letGo } = world.hold(2);
    const process = await left('mortal', 'mortal', train(input('good', 8, hold), first), first, false);
    let deaths = 0;
    for (let calls = 1; ; calls++) {
      const retry = attempt('mortal/r2', 'mortal');
      const outcome = await failure(createTrain(mortal(world.deps, calls))(input('good', 8), retry));
      if (outcome === null) break;
      // It has died after each call of the taking over, and came to look after the trainer.
      if (retry.said.some((line) => line.includes('epoch'))) letGo();
      expect(outcome).toMatchObject({ message: 'died' });
      deaths++;
      expect(await jobsOf('mortal')).toHaveLength(1);
    }
    expect(deaths).toBeGreaterThan(10);
    expect(process).toMatch(/^process \d+ on /);
    expect(await startsOf(idOf('mortal'))).toBe(1);
    expect(await world.executor.holder(idOf('mortal'))).toMatchObject({ run: 'run/tumours/mortal/r2', taken: 1 });
    const { parent, children } = await trackedOf('mortal/r2');
    expect([parent?.status, ...children.map(({ status }) => status)]).toEqual(['FINISHED', 'FINISHED']);
    expect(await steps(children[0]?.runId ?? '')).toEqual(Array.from({ length: 8 }, (_, index) => index + 1));
  });

  it('that an earlier version began, which said nothing of its work, is found by its own run', async () => {
    const first = attemptOf('run/tumours/older', 'train');
    const { hold, letGo } = world.hold(2);
    const begun = failure(train(input('good', 10, hold), first));
    await first.until(/epoch/);
    first.shutDown();
    await begun;
    const process = await processOf(idOf('older'));
    const next = attempt('older', 'older');
    const work = train(input('good', 10), next);
    await next.until(/epoch/);
    expect(await processOf(idOf('older'))).toBe(process);
    letGo();
    await work;
    expect(await startsOf(idOf('older'))).toBe(1);
  });
});

describe.concurrent('a script', () => {
  const call = async (body: string) => ({
    step: 'script',
    input: {},
    code: {
      ...{ kind: 'script' as const, digest: 'd', effect: false, cache: true, timeout: '1h' as const, attempts: 1 },
      ...{ queue: null, place: 'host' as const, memoryMb: null },
      program: await world.program(['node', 'step.mjs'], {
        'step.mjs': `import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
const job = JSON.parse(readFileSync(process.env.RATCHET_JOB, 'utf8'));
const saved = job.checkpoints + '/saved';
const resumed = existsSync(saved);
console.log('starts ', resumed, job.resumed);
${body}`,
      }),
    },
  });
  const scriptOf = (deps: JobDependencies = world.deps) => createRunScript(deps);

  it('that died goes on from its checkpoint, whatever it had written of its output', async () => {
    const step = await call(`writeFileSync(saved, '');
writeFileSync(job.output + '/output.json', resumed ? '{"ok": true}' : '{half');
if (!resumed) process.exit(3);`);
    expect(await failure(scriptOf()(step, {}, attempt('script', 'script')))).toMatchObject({ type: 'JobFailed' });
    world.failed.add('run/tumours/script');
    expect(await scriptOf()(step, {}, attempt('script/r2', 'script'))).toEqual({ ok: true });
    expect((await world.executor.log(idOf('script'))).text).toMatch(/starts {2}true true/);
    expect(await jobsOf('script')).toHaveLength(1);
  });

  it('that ended well with an output that its run could not use writes it anew', async () => {
    const flag = join(world.folder, 'mended');
    const step = await call(`writeFileSync(saved, '');
writeFileSync(job.output + '/output.json', existsSync(${JSON.stringify(flag)}) ? '{"ok": true}' : '{half');`);
    expect(await failure(scriptOf()(step, {}, attempt('refused', 'refused')))).toMatchObject({ type: 'InvalidOutput' });
    world.failed.add('run/tumours/refused');
    writeFileSync(flag, '');
    expect(await scriptOf()(step, {}, attempt('refused/r2', 'refused'))).toEqual({ ok: true });
    expect(await startsOf(idOf('refused/r2'))).toBe(1);
  });
});
