/** register and promote against a real Temporal, MLflow and S3: the whole way to an alias. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asActivities } from '#activities/dispatch/failure.ts';
import { createAccountActivities } from '#activities/release/account-activities.ts';
import { createModelActivities } from '#activities/release/model-activities.ts';
import { pastChampion } from '#activities/release/past-champion.ts';
import { createPromote } from '#activities/release/promote.ts';
import { createRegister } from '#activities/release/register.ts';
import type { StageContext } from '#activities/stage.ts';
import { watchAlias } from '#activities/watch/alias.ts';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { createLoops } from '#adapters/temporal/loop-port.ts';
import { moveAlias, registerVersion, rollback } from '#adapters/temporal/models.ts';
import { workflowBundle } from '#adapters/temporal/workflow-bundle.ts';
import type { ModelRef, Verdict } from '#contracts/data.ts';
import type { Json } from '#contracts/json.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { taskQueue } from '#contracts/names.ts';
import type { Promotion } from '#ports/promotion.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tracking } from '#ports/tracking.ts';
import { drawnKey } from '../fixtures/signing-keys.ts';
import { type CuttingProxy, startCuttingProxy } from '../servers/cutting-proxy.ts';
import { logModel } from '../servers/logged-model.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';
import { bundleCache, startDevServer } from '../workflows/harness.ts';

let mlflow: TestMlflow;
let proxy: CuttingProxy;
let s3: TestObjectStore;
let store: ObjectStore;
let tracking: Tracking;
let temporal: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
let stages: { register: ReturnType<typeof createRegister>; promote: ReturnType<typeof createPromote> };

beforeAll(async () => {
  [mlflow, s3, temporal] = await Promise.all([startMlflow(), startObjectStore(), startDevServer()]);
  proxy = await startCuttingProxy(mlflow.url);
  const { endpoint, accessKeyId, secretAccessKey } = s3;
  const bucket = createObjectStore({
    endpoint,
    accessKeyId,
    secretAccessKey,
    region: 'us-east-1',
    bucket: 'promote',
    prefix: '',
  });
  await bucket.ensureBucket();
  store = bucket;
  tracking = createTracking({ url: mlflow.url });
  const { client } = temporal;
  const promotion: Promotion = {
    register: (target, request) => registerVersion(client, target, request),
    move: (target, request) => moveAlias(client, target, request),
  };
  stages = {
    register: createRegister({ promotion, store, tracking }),
    promote: createPromote({ promotion, tracking }),
  };
  worker = await Worker.create({
    connection: temporal.nativeConnection,
    namespace: temporal.namespace ?? 'default',
    taskQueue: taskQueue.control('dev'),
    workflowBundle: await workflowBundle({ cacheFolder: bundleCache }),
    activities: asActivities({
      ...createModelActivities(createTracking({ url: proxy.url })),
      ...createAccountActivities({ store, registry: tracking, signingKey: drawnKey }),
    }),
  });
  running = worker.run();
}, 300_000);
afterAll(async () => {
  worker.shutdown();
  await running;
  await temporal.teardown();
  await proxy.close();
  await Promise.all([mlflow.close(), s3.close()]);
});

async function candidate(name: string): Promise<ModelRef> {
  const experimentId = await tracking.ensureExperiment('promoting');
  const run = await tracking.ensureRun({ experimentId, key: name, name });
  const { uri } = await logModel(mlflow.url, run, { content: name });
  return {
    kind: 'model',
    runId: run.runId,
    uri,
    digest: await tracking.modelDigest(uri),
    environment: null,
    trainedOn: null,
  };
}
async function verdict(against: string | null, outcome: Verdict['outcome'] = 'passed'): Promise<Verdict> {
  await store.put('evidence/report.html', '<h1>better</h1>', 'text/html');
  const interval = { lower: 0.011, upper: 0.024, confidence: 0.95, resamples: 1000 };
  const figures = { metric: 'roc_auc', higherIsBetter: true, candidate: 0.7172, champion: 0.6993, difference: 0.0179 };
  return {
    kind: 'verdict',
    outcome,
    reasons: ['roc_auc is better by 0.018, at least 0.002 were asked for', 'no slice lost'],
    against,
    evidence: { uri: store.uri('evidence/report.json'), digest: 'e', html: store.uri('evidence/report.html') },
    distance: {},
    comparison: against === null ? null : { ...figures, ...interval },
    digest: `verdict against ${against}`,
  };
}
const context = (model: string, run = 'run/p/1'): StageContext => ({
  run: {
    id: run,
    pipeline: 'p',
    model,
    environment: 'dev',
    asOf: '2026-01-01T00:00:00Z',
    trigger: { kind: 'manual', id: '1', reason: 'a test', figures: {}, who: 'ann', at: '2026-01-01T00:00:00Z' },
  },
  node: 'register',
  attempt: 1,
  signal: new AbortController().signal,
  stopping: () => false,
  progress: () => undefined,
  workdir: '/nowhere',
});
const register = async (model: string, candidate: ModelRef, against: string | null, run?: string) =>
  stages.register(
    { candidate, verdict: await verdict(against), description: 'By the team.', tags: {} },
    context(model, run),
  );

describe('a model that passed', () => {
  it('becomes the first champion, then the next one does, and the old one is kept as previous', async () => {
    const [first, second] = [await candidate('first'), await candidate('second')];
    const one = await register('walk', first, null);
    expect(one).toMatchObject({ already: false, ref: { model: 'walk', version: '1', digest: first.digest } });
    expect(await stages.promote({ version: one.ref }, context('walk'))).toMatchObject({
      outcome: 'promoted',
      champion: '1',
      previous: null,
    });
    const two = await register('walk', second, '1');
    expect(await stages.promote({ version: two.ref }, context('walk'))).toMatchObject({
      outcome: 'promoted',
      champion: '2',
      previous: '1',
    });
    expect((await tracking.champion('walk'))?.digest).toBe(second.digest);
    expect((await tracking.alias('walk', 'previous'))?.version).toBe('1');

    // The same again, from another run: nothing more is made.
    expect(await register('walk', second, '1', 'run/p/2')).toMatchObject({ already: true, ref: { version: '2' } });
    expect(await stages.promote({ version: two.ref }, context('walk', 'run/p/2'))).toMatchObject({ champion: '2' });
    expect(await tracking.versions('walk')).toHaveLength(2);
  });

  it('tells its versions when they became champion and were demoted, for runs as of the past', async () => {
    const model = 'reigns';
    const made = async (day: number, against: string | null) => {
      const asOf = `2026-01-${day}T00:00:00.000Z`;
      const own = { ...context(model, `run/p/${day}`), run: { ...context(model).run, asOf } };
      const verdicts = await verdict(against);
      const { ref } = await stages.register(
        { candidate: await candidate(`reign-${day}`), verdict: verdicts, description: '', tags: {} },
        own,
      );
      return { ref, promote: () => stages.promote({ version: ref }, own) };
    };
    const tags = async () => (await tracking.versions(model)).map((version) => version.tags);
    await (await made(10, null)).promote();
    await (await made(20, '1')).promote();
    // Registered, and never promoted.
    await made(21, '2');
    const { client } = temporal;
    await rollback(client, { model }, { by: 'ann', reason: 'worse in production' });
    await (await made(30, '1')).promote();
    const [first, second, never, last] = await tags();
    expect(never?.['ratchet.champion']).toBe('not yet');
    expect(JSON.parse(second?.['ratchet.demoted'] ?? '')).toEqual({ at: first?.['ratchet.champion'], to: '1' });
    expect(Date.parse(last?.['ratchet.champion'] ?? '')).toBeGreaterThan(Date.parse(first?.['ratchet.champion'] ?? ''));
    expect(first).not.toHaveProperty('ratchet.demoted');
    expect((await pastChampion(tracking, model, '2026-01-25T00:00:00.000Z')).champion?.version).toBe('1');

    // By hand, outside of Ratchet: told with the next move.
    await tracking.setAlias(model, 'champion', '2');
    await (await made(31, '2')).promote();
    const [, , , byHand] = await tags();
    expect(JSON.parse(byHand?.['ratchet.demoted'] ?? '')).toMatchObject({ to: '2' });
  });

  it('says why in its description, with a report that a browser opens', async () => {
    await register('described', await candidate('described-0'), null);
    await register('described', await candidate('described'), '1');
    const answer = await fetch(`${mlflow.url}/api/2.0/mlflow/model-versions/get?name=described&version=2`);
    const { model_version } = (await answer.json()) as { model_version: { description: string } };
    const { description } = model_version;
    expect(description).toContain('By the team.');
    expect(description).toContain(
      'Judged against version 1. roc_auc 0.7172 against 0.6993 of version 1: +0.0179 (95 % interval +0.011 … +0.024).',
    );
    expect(description).toContain('- no slice lost');
    const [, runId, path] = /runs\/([0-9a-f]+)\/artifacts\/(ratchet\/report-[0-9a-f]+\.html)/.exec(description) ?? [];
    const report = await fetch(`${mlflow.url}/get-artifact?run_id=${runId}&path=${path}`);
    expect(await report.text()).toBe('<h1>better</h1>');
  });

  it('is registered once by four at once', async () => {
    const model = await candidate('four');
    const answers = await Promise.all([1, 2, 3, 4].map((n) => register('four', model, null, `run/p/${n}`)));
    expect(new Set(answers.map(({ ref }) => ref.version))).toEqual(new Set(['1']));
    expect(answers.filter(({ already }) => !already)).toHaveLength(1);
    expect(await tracking.versions('four')).toHaveLength(1);
  });

  it('is refused when the champion is not the one that it was judged against', async () => {
    const one = await register('moved', await candidate('moved-1'), null);
    await stages.promote({ version: one.ref }, context('moved'));
    const late = await register('moved', await candidate('moved-2'), null);
    await expect(stages.promote({ version: late.ref }, context('moved'))).rejects.toMatchObject({
      type: 'ChampionMoved',
    });
    expect((await tracking.champion('moved'))?.version).toBe('1');
  });

  it('is promoted once MLflow is back, which was killed in the middle', async () => {
    const { ref } = await register('killed', await candidate('killed'), null);
    const killed = new Promise<void>((resolve) =>
      proxy.cut({
        match: /^POST .*registered-models\/alias/,
        when: 'after',
        action: async () => {
          await mlflow.server.kill();
          resolve();
        },
      }),
    );
    const promoting = stages.promote({ version: ref }, context('killed'));
    await killed;
    await mlflow.server.start();
    expect(await promoting).toMatchObject({ outcome: 'promoted', champion: '1' });
    expect((await tracking.champion('killed'))?.version).toBe('1');
    expect(await tracking.versions('killed')).toHaveLength(1);
  });
});

describe('a write of an alias that was thought lost and arrives after a later move', () => {
  it('is written over by the ledger, and is no move by hand', async () => {
    const model = 'late';
    const [one, two] = [await register(model, await candidate('late-1'), null), await candidate('late-2')];
    // Registering has moved the aliases of the version that waits.
    const held = proxy.delay(/^POST .*registered-models\/alias.*/);
    const first = stages.promote({ version: one.ref }, context(model));
    const deliver = await held;
    expect(await first).toMatchObject({ champion: '1' });
    const second = await register(model, two, '1');
    await stages.promote({ version: second.ref }, context(model));
    expect((await tracking.champion(model))?.version).toBe('2');

    expect(await deliver()).toBe(200);
    expect((await tracking.champion(model))?.version).toBe('1');
    const policy = LoopPolicy.parse({ pipeline: 'p', model });
    const looking = { loops: createLoops(temporal.client), tracking, store };
    const seen = await watchAlias(looking, { policy, mark: { epoch: 0 } });
    // By runs that no loop started, of rows until the time that their versions were made for.
    const by = { runId: 'run/p/1', probation: true, at: expect.stringMatching(/^2026-01-01T00:00:00/) };
    const moves = [
      { ...by, version: '1', previous: null, epoch: 1 },
      { ...by, version: '2', previous: '1', epoch: 2 },
    ];
    expect(seen).toEqual({ handMove: null, mark: { epoch: 2 }, moves });
    expect(await watchAlias(looking, { policy, mark: { epoch: 1 } })).toMatchObject({ moves: moves.slice(1) });
    expect(await watchAlias(looking, { policy, mark: seen.mark })).toEqual({ handMove: null, mark: { epoch: 2 } });
    // Another pipeline that watches the same model learns who is champion, and leaves the judging to this one.
    const other = LoopPolicy.parse({ pipeline: 'q', model });
    const theirs = await watchAlias(looking, { policy: other, mark: { epoch: 1 } });
    expect(theirs.moves).toMatchObject([{ version: '2', probation: false }]);
    // At its first look a loop hears of what came after it was deployed.
    expect((await watchAlias(looking, { policy, mark: null })).moves).toBeUndefined();
    expect((await tracking.champion(model))?.version).toBe('2');
    expect((await tracking.alias(model, 'previous'))?.version).toBe('1');

    // A hand that does the very same to another version is seen, each time.
    const third = await register(model, await candidate('late-3'), '2');
    let mark: unknown = seen.mark;
    for (const [version, epoch] of [
      [third.ref.version, 3],
      ['2', 4],
      [third.ref.version, 5],
    ] as const) {
      await tracking.setAlias(model, 'champion', version);
      const found = await watchAlias(looking, { policy, mark: mark as Json });
      expect(found.handMove).toMatchObject({
        id: `late/${epoch}`,
        words: expect.stringContaining(`to version ${version}`),
      });
      mark = found.mark;
    }
  });
});

it('does not register what did not pass', async () => {
  const refused = {
    candidate: await candidate('refused'),
    verdict: await verdict('1', 'refused'),
    description: '',
    tags: {},
  };
  await expect(stages.register(refused, context('refused'))).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringContaining('only a model that passed is registered'),
  });
  expect(await tracking.versions('refused')).toEqual([]);
});
