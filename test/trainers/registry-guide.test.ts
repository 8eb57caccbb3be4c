/**
 * The guide's section on the registry, line by line, by MLflow's own client on one model; what a pipeline does on another.
 * Both are read by MLflow's client and by ours, and are the same.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { idOf, type ModelWorld, startModelWorld } from '../integration/model-world.ts';

let world: ModelWorld;
beforeAll(async () => {
  world = await startModelWorld();
}, 240_000);
afterAll(() => world?.close());

const description = 'Accuracy: 0.956, F1: 0.943 on test set';
const [guide, ours] = ['fraud-detection', 'fraud-detection-by-ledger'];

/** What both clients see of a model, its name left out. */
async function seen(name: string) {
  const own = await world.tracking.newestVersions(name, 100);
  const state = { stages: await world.stages(name), latest: await world.latest(name) };
  expect(Object.fromEntries(own.map(({ version, stage }) => [version, stage]))).toEqual(state.stages);
  const described: unknown[] = [];
  for (const { version, description, tags, runId } of own) {
    const theirs = await world.theirs.call<Record<string, unknown>>('get_model_version', { name, version });
    expect(theirs).toMatchObject({ description, tags, run_id: runId });
    described.push({ description, owner: tags.owner, status: theirs.status });
  }
  return { ...state, described };
}

/** The guide's calls, from register_model to the transition to Production. */
async function byTheGuide(modelUri: string, each: (name: string) => Promise<void>): Promise<void> {
  const { theirs } = world;
  const { version } = await theirs.call<{ version: string }>('register_model', { model_uri: modelUri, name: guide });
  await theirs.call('update_registered_model', { name: guide, description: 'Payment fraud detection model' });
  await theirs.call('update_model_version', { name: guide, version, description });
  await theirs.call('set_model_version_tag', { name: guide, version, key: 'owner', value: 'fraud team' });
  const transition = { name: guide, version };
  await theirs.call('transition_model_version_stage', {
    ...{ ...transition, stage: 'Staging', archive_existing_versions: false },
  });
  await each(guide);
  const staging = await theirs.call<{ accuracy: number }>('predict', { model_uri: `models:/${guide}/Staging` });
  expect(staging.accuracy).toBeGreaterThan(0.95);
  await theirs.call('transition_model_version_stage', {
    ...{ ...transition, stage: 'Production', archive_existing_versions: true },
  });
  await each(guide);
}

it('the guide’s calls and a pipeline leave the same state, which both clients read alike', async () => {
  const states: Record<string, unknown[]> = { [guide]: [], [ours]: [] };
  const look = async (name: string) => {
    states[name]?.push(await seen(name));
  };
  let champion: string | null = null;
  const logged = [await world.trained(), await world.trained()];
  for (const { runId, uri } of logged) {
    await byTheGuide(`runs:/${runId}/model`, look);

    const version = await world.registered(ours, champion, async () => ({ runId, uri }));
    await look(ours);
    const staging = { model_uri: `models:/${ours}/Staging` };
    const loaded = await world.theirs.call<{ accuracy: number; model_id: string }>('predict', staging);
    expect(loaded).toMatchObject({ model_id: idOf(version), accuracy: 1, signature: true });
    await world.promote(version);
    champion = version.version;
    await look(ours);
  }
  expect(states[ours]).toEqual(states[guide]);
  expect(states[ours]?.at(-1)).toMatchObject({
    stages: { 1: 'Archived', 2: 'Production' },
    latest: { Archived: 1, Production: 2 },
    described: [{ description, owner: 'fraud team' }, { description }],
  });
  for (const uri of [`models:/${ours}/Production`, `models:/${ours}@champion`, `models:/${guide}/Production`])
    expect(await world.loaded(uri)).toBe(idOf(logged[1] ?? { uri: '' }));

  // What the guide leaves no trace of: why each transition was made.
  for (const [version, stage, reason] of [
    ['1', 'staging', 'passed with no champion to be better than'],
    ['1', 'production', 'the first champion'],
    ['1', 'archived', 'version 2 is champion in its place: better than version 1'],
    ['2', 'staging', 'passed against version 1'],
    ['2', 'production', 'better than version 1'],
  ] as const)
    expect(await world.evidence(ours, version, stage), `${version} ${stage}`).toMatchObject({
      ...{ reason, at: expect.any(String), by: expect.stringMatching(/^run\/p\//) },
    });
  const model = await world.theirs.call<{ description: string }>('get_registered_model', { name: ours });
  expect(model.description).toContain('Registered by Ratchet for the pipeline `p`');
});

it('a version shows by MLflow’s own client what it was trained on, its signature and its input example', async () => {
  const name = 'fraud-detection-lineage';
  const { runId, uri } = await world.trained();
  // As the stage train logs what the trainer was given.
  const digest = 'md5:00112233445566778899aabbccddeeff';
  const rows = { name: 'features', digest, uri: 's3://lake/files/md5/00/112233', context: 'training' };
  await world.tracking.logInputs(runId, [rows]);
  await world.registered(name, null, async () => ({ runId, uri }));
  const version = await world.theirs.call<{ run_id: string; tags: Record<string, string> }>(
    'get_model_version_by_alias',
    { name, alias: 'candidate' },
  );
  const inputs = await world.theirs.call<Record<string, unknown>[]>('dataset_inputs', { run_id: version.run_id });
  expect(inputs.find((each) => each.name === 'features')).toMatchObject({
    ...{ digest, uri: 's3://lake/files/md5/00/112233', tags: { 'mlflow.data.context': 'training' } },
  });
  expect(version.tags).not.toHaveProperty('ratchet.warning');
  const info = await world.theirs.call<{ inputs: string[]; example: unknown[] }>('model_info', {
    model_uri: `models:/${name}/Staging`,
  });
  expect(info.inputs).toEqual(['x', 'y']);
  expect(info.example).toHaveLength(2);
});
