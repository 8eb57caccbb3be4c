import { rm, truncate, writeFile } from 'node:fs/promises';
import { glob } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVersionActivity } from '#activities/release/create-version.ts';
import { effectKey } from '#activities/release/effect-key.ts';
import { createModelActivities } from '#activities/release/model-activities.ts';
import { removeSurplusVersions } from '#activities/release/surplus-versions.ts';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import type { CreateVersionRequest } from '#contracts/activities.ts';
import type { ModelRef } from '#contracts/data.ts';
import type { Tracking } from '#ports/tracking.ts';
import { type CuttingProxy, startCuttingProxy } from '../servers/cutting-proxy.ts';
import { logModel } from '../servers/logged-model.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';

let server: TestMlflow;
let proxy: CuttingProxy;
let tracking: Tracking;
let experimentId: string;
beforeAll(async () => {
  server = await startMlflow();
  proxy = await startCuttingProxy(server.url);
  tracking = createTracking({ url: server.url });
  experimentId = await tracking.ensureExperiment('registering');
}, 180_000);
afterAll(async () => {
  await proxy.close();
  await server.close();
});

const training = [{ digest: 'md5:rows', rows: 7, places: { table: 'sha256:t', from: 0, to: 7 } }];
const service = { name: 'fraud', version: `sha256:${'a'.repeat(64)}`, definitions: `sha256:${'b'.repeat(64)}` };
async function candidate(name: string, signature = true): Promise<ModelRef> {
  const run = await tracking.ensureRun({ experimentId, key: name, name });
  const { uri } = await logModel(server.url, run, { content: name, signature });
  const digest = await tracking.modelDigest(uri);
  return {
    kind: 'model',
    runId: run.runId,
    uri,
    digest,
    environment: 'lock',
    trainedOn: 'md5:rows',
    training,
    service,
  };
}

const request = (model: string, candidate: ModelRef, verdict = 'verdict'): CreateVersionRequest => ({
  key: effectKey(candidate.digest, verdict),
  model,
  candidate,
  verdict: {
    digest: verdict,
    against: '3',
    outcome: 'passed',
    reasons: ['better by 0.02', 'all slices hold'],
    report: 's3://b/report.html',
  },
  description: 'roc_auc 0.75 against 0.73',
  tags: { 'ratchet.run': 'run/p/1' },
});

describe('a version of a model', () => {
  it('is made once, with all that it was registered for in the creating request', async () => {
    const model = await candidate('once');
    const create = createVersionActivity(tracking);
    const made = await create(request('once', model));
    expect(made).toEqual({
      already: false,
      version: {
        kind: 'version',
        model: 'once',
        version: '1',
        digest: model.digest,
        runId: model.runId,
        uri: model.uri,
        verdict: { digest: 'verdict', against: '3' },
      },
    });
    expect(await create(request('once', model))).toEqual({ ...made, already: true });
    const [version, ...others] = await tracking.versions('once');
    expect(others).toEqual([]);
    expect(version?.tags).toEqual({
      'ratchet.key': effectKey(model.digest, 'verdict'),
      'ratchet.digest': model.digest,
      'ratchet.run': 'run/p/1',
      'ratchet.verdict': 'passed',
      'ratchet.verdict.digest': 'verdict',
      'ratchet.verdict.against': '3',
      'ratchet.reasons': 'better by 0.02\nall slices hold',
      'ratchet.report': 's3://b/report.html',
      'ratchet.champion': 'not yet',
      'ratchet.data': 'md5:rows',
      'ratchet.training': JSON.stringify(training),
      'ratchet.environment': 'lock',
      'ratchet.feature_service': `fraud@${service.version}`,
      'ratchet.feature_definitions': service.definitions,
    });
  });

  it('is another one for another verdict', async () => {
    const model = await candidate('verdicts');
    const create = createVersionActivity(tracking);
    const versions = [await create(request('verdicts', model, 'a')), await create(request('verdicts', model, 'b'))];
    expect(versions.map(({ version }) => version.version)).toEqual(['1', '2']);
  });

  it('is one when four register at once, and all answer with it', async () => {
    const model = await candidate('racing');
    await createVersionActivity(tracking)(request('racing', model, 'an earlier one'));
    const answers = await Promise.all(
      Array.from({ length: 4 }, () =>
        createVersionActivity(createTracking({ url: server.url }))(request('racing', model)),
      ),
    );
    const numbers = new Set(answers.map(({ version }) => version.version));
    const left = (await tracking.versions('racing')).filter(({ tags }) => tags['ratchet.verdict.digest'] === 'verdict');
    expect(left).toHaveLength(1);
    expect([...numbers]).toEqual([left[0]?.version]);
    expect(answers.filter(({ already }) => !already)).toHaveLength(1);
  });

  it('says which of signature and input example it lacks', async () => {
    await createVersionActivity(tracking)(request('bare', await candidate('bare', false)));
    const [version] = await tracking.versions('bare');
    expect(version?.tags['ratchet.warning']).toMatch(/no signature.*no input example/);
  });

  it('adopts the version that a trainer registered itself, and gives it no alias', async () => {
    const model = await candidate('selfish');
    await tracking.createVersion({
      model: 'selfish',
      source: model.uri,
      runId: model.runId,
      description: '',
      tags: { mine: 'kept' },
    });
    const create = createVersionActivity(tracking);
    expect((await create(request('selfish', model))).version.version).toBe('1');
    expect(await create(request('selfish', model))).toMatchObject({ already: true, version: { version: '1' } });
    const versions = await tracking.versions('selfish');
    expect(versions).toHaveLength(1);
    expect(versions[0]?.tags).toMatchObject({ mine: 'kept', 'ratchet.key': effectKey(model.digest, 'verdict') });
    expect(await tracking.alias('selfish', 'champion')).toBeNull();
  });

  it.each(['before', 'after'] as const)('is one when MLflow is killed just %s it was created', async (when) => {
    const name = `killed-${when}`;
    const model = await candidate(name);
    const create = createVersionActivity(createTracking({ url: proxy.url }));
    // So that the request that is cut creates the version and not the registered model.
    await create(request(name, model, 'an earlier one'));
    proxy.cut({ match: /^POST .*model-versions\/create/, when, action: () => server.server.kill() });
    await expect(create(request(name, model))).rejects.toMatchObject({ type: 'OutsideUnreachable' });
    await expect(create(request(name, model))).rejects.toMatchObject({ type: 'OutsideUnreachable' });
    await server.server.start();
    expect(await create(request(name, model))).toMatchObject({ already: when === 'after' });
    const versions = await tracking.versions(name);
    expect(versions.map(({ tags }) => tags['ratchet.verdict.digest'])).toEqual(['an earlier one', 'verdict']);
  });

  it('is one when the creating request arrives after another one has made it and the run is over', async () => {
    const name = 'late';
    const model = await candidate(name);
    const create = createVersionActivity(createTracking({ url: proxy.url }));
    // So that the request that is held up creates the version and not the registered model.
    await create(request(name, model, 'an earlier one'));
    const held = proxy.delay(/^POST .*model-versions\/create/);
    await expect(create(request(name, model))).rejects.toMatchObject({ type: 'OutsideUnreachable' });
    const deliver = await held;
    const { version } = await create(request(name, model));
    expect(await deliver()).toBe(200);
    expect(await tracking.versions(name)).toHaveLength(3);
    const run = { id: 'run/p/1', environment: 'dev', model: name, pipeline: 'p' };
    for (let i = 0; i < 2; i++) await removeSurplusVersions(tracking, run);
    expect((await tracking.versions(name)).map((each) => each.version)).toEqual(['1', version.version]);
  });

  it('is one when the answer was lost and the surplus of a race is still there', async () => {
    const model = await candidate('surplus');
    const { key } = request('surplus', model);
    for (let i = 0; i < 3; i++)
      await tracking.createVersion({
        model: 'surplus',
        source: model.uri,
        runId: model.runId,
        description: '',
        tags: { 'ratchet.key': key },
      });
    expect(await createVersionActivity(tracking)(request('surplus', model))).toMatchObject({
      already: true,
      version: { version: '1' },
    });
    expect(await tracking.versions('surplus')).toHaveLength(1);
  });
});

describe('the aliases of a model', () => {
  it('follow the ledger, are read back, and are written again to the same effect', async () => {
    const activities = createModelActivities(tracking, { attempt: () => 1 });
    expect(await activities.readAliases({ model: 'aliases' })).toEqual({ champion: null, previous: null });
    const models = [await candidate('alias-1'), await candidate('alias-2')];
    for (const model of models) await activities.createVersion(request('aliases', model));
    await activities.setAliases({ model: 'aliases', champion: '1', previous: null });
    for (let i = 0; i < 2; i++) await activities.setAliases({ model: 'aliases', champion: '2', previous: '1' });
    expect(await activities.readAliases({ model: 'aliases' })).toMatchObject({
      champion: { version: '2', digest: models[1]?.digest },
      previous: '1',
    });
    await activities.setAliases({ model: 'aliases', champion: '1', previous: null });
    expect(await activities.readAliases({ model: 'aliases' })).toMatchObject({
      champion: { version: '1' },
      previous: null,
    });
  });

  it.each([
    ['replaced', (file: string) => writeFile(file, 'the weights of another model')],
    ['removed', (file: string) => rm(file)],
    ['cut off', (file: string) => truncate(file, 3)],
  ])('never name a champion whose files were %s since they were registered', async (kind, hurt) => {
    const activities = createModelActivities(tracking, { attempt: () => 1 });
    const name = `files ${kind}`;
    const models = [await candidate(`${kind}-1`), await candidate(`${kind}-2`)];
    for (const model of models) await activities.createVersion(request(name, model));
    await activities.setAliases({ model: name, champion: '1', previous: null });
    const id = models[1]?.uri.split('/').at(-1) ?? '';
    const files = await glob(`artifacts/**/${id}/artifacts/model.pkl`, { cwd: server.folder, absolute: true });
    expect(files).toHaveLength(1);
    await hurt(files[0] ?? '');
    await expect(activities.setAliases({ model: name, champion: '2', previous: '1' })).rejects.toMatchObject({
      type: 'ArtifactDamaged',
      uri: models[1]?.uri,
      message: expect.stringContaining(models[1]?.digest ?? ''),
    });
    expect(await activities.readAliases({ model: name })).toMatchObject({ champion: { version: '1' }, previous: null });
  });
});
