/** `ratchet model` and `ratchet rollback` against a real MLflow and ledger, and while MLflow is away. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readLedger } from '#adapters/temporal/models.ts';
import { featuresFile } from '../fixtures/feature-project.ts';
import { runVerb } from '../fixtures/verbs.ts';
import { type ModelWorld, startModelWorld } from './model-world.ts';

const root = mkdtempSync(join(tmpdir(), 'ratchet-model-verbs-'));
// Within the clone, where ratchet-ml is found.
const own = join(import.meta.dirname, '../../.ratchet');
mkdirSync(own, { recursive: true });
const folder = mkdtempSync(join(own, 'features-of-models-'));
const file = join(folder, 'features.ts');
let world: ModelWorld;
beforeAll(async () => {
  world = await startModelWorld();
  vi.stubEnv('TEMPORAL_ADDRESS', world.temporal.address);
  vi.stubEnv('MLFLOW_TRACKING_URI', world.mlflow.url);
  vi.stubEnv('RATCHET_ROOT', root);
  // These verbs read no bytes.
  vi.stubEnv('RATCHET_STORE', 's3://nothing/here');
  vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:9');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'nobody');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'nothing');
}, 240_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await world?.close();
  for (const each of [root, folder]) rmSync(each, { recursive: true, force: true });
});

const asked = async (...args: string[]) => {
  const { code, stdout, stderr } = await runVerb(...args, '--json');
  const answer = JSON.parse(stdout) as Record<string, unknown> & { error?: { type: string; message: string } };
  return { code, answer, error: answer.error?.message, stderr };
};

describe('ratchet model', () => {
  const model = 'verbs';

  it('lists models, and versions with stage, aliases, verdict and digest', async () => {
    await world.promote(await world.registered(model, null));
    const two = await world.registered(model, '1');
    const { answer } = await asked('model', 'list', model);
    expect(answer.versions).toMatchObject([
      {
        version: '2',
        stage: 'Staging',
        aliases: ['candidate', 'staging'],
        verdict: 'passed against 1',
        digest: two.digest,
      },
      { version: '1', stage: 'Production', aliases: ['champion'], verdict: 'passed' },
    ]);
    expect((await asked('model', 'list', model, '--stage', 'production')).answer.versions).toMatchObject([
      { version: '1' },
    ]);
    const all = await asked('model', 'list');
    expect(all.answer.models).toMatchObject([{ name: model, aliases: { champion: '1', candidate: '2' } }]);
    const told = await runVerb('model', 'list', model);
    expect(told.stdout).toMatch(/VERSION +STAGE +ALIASES/);
    expect(told.stdout).toMatch(/2 +Staging +candidate, staging +20/);
  });

  it('makes a version champion on its own verdict, and no other but with a reason', async () => {
    const promoted = await runVerb('model', 'promote', `${model}@candidate`, '--as', 'ann');
    expect(promoted).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Champion of verbs is v2, before it was v1.'),
    });
    expect(await world.evidence(model, '2', 'production')).toMatchObject({ by: 'ann (ratchet model promote)' });
    // Judged against version 1, which is champion no more.
    const late = await world.registered(model, '1');
    const refused = await asked('model', 'promote', `${model}@${late.version}`);
    expect(refused).toMatchObject({ code: 1, error: expect.stringMatching(/judged against version 1.*--reason TEXT/) });
    // By their own client: a version that no gate has seen.
    const { uri: source } = await world.files();
    const model_id = source.replace('models:/', '');
    await world.theirs.call('create_model_version', { name: model, source, model_id });
    const foreign = await asked('model', 'promote', `${model}@4`);
    expect(foreign).toMatchObject({
      code: 2,
      error: expect.stringContaining('version 4 of verbs was not registered by Ratchet'),
    });
    expect(await asked('model', 'promote', `${model}@4`, '--reason', 'it is the vendor’s')).toMatchObject({
      ...{ code: 0, answer: { outcome: 'promoted', champion: '4', previous: '2' } },
    });
    expect(await world.stages(model)).toEqual({ 1: 'Archived', 2: 'Archived', 3: 'Staging', 4: 'Production' });
    // What a rollback took back, a verdict alone does not undo.
    await runVerb('rollback', model, '--to', '1', '--reason', 'trouble');
    const again = await runVerb('model', 'promote', `${model}@2`);
    expect(again).toMatchObject({ code: 3, stdout: expect.stringContaining('was taken back to version 1') });
  });

  it('puts a version away, but never the champion; what was set by hand is shown and put back', async () => {
    const away = await runVerb('model', 'archive', `${model}@3`, '--reason', 'it leaks');
    expect(away).toMatchObject({ code: 0, stdout: expect.stringContaining('v3 of verbs is archived') });
    const champion = await asked('model', 'archive', `${model}@champion`, '--reason', 'no');
    expect(champion).toMatchObject({ code: 2, error: expect.stringContaining('make another one champion first') });

    await world.theirs.call('transition_model_version_stage', {
      ...{ name: model, version: '2', stage: 'Production', archive_existing_versions: false },
    });
    // Whoever asks the ledger has it look; the watch of a loop does.
    await runVerb('model', 'archive', `${model}@3`, '--reason', 'again');
    expect((await runVerb('model', 'list', model)).stderr).toMatch(
      /version 2 of verbs was moved by hand to the stage Production.*ratchet model promote verbs@1/,
    );
    expect((await runVerb('model', 'promote', `${model}@1`)).stdout).toContain(
      'What was set by hand beside it is put back',
    );
    expect(await world.stages(model)).toMatchObject({ 1: 'Production', 2: 'Archived' });
  });

  it.each([
    ['a stage of nobody’s', ['list', model, '--stage', 'Prod'], /"Prod" is no stage of MLflow's: write Staging/],
    ['a stage of no model', ['list', '--stage', 'Staging'], /--stage goes with a model/],
    ['a model that nobody has', ['list', 'nobodys'], /no registered model "nobodys"/],
    ['no version', ['promote', model], /names no version: write MODEL@VERSION/],
    ['a version of nobody’s', ['promote', `${model}@99`], /has no version 99: it has 1, 2, 3, 4/],
    [
      'an alias of nobody’s',
      ['archive', `${model}@best`, '--reason', 'x'],
      /no alias "best": it has champion, previous/,
    ],
    ['a name that is no name', ['promote', "o'brien@1"], /no registered model "o'brien"/],
  ])('%s is refused with what there is', async (_, args, words) => {
    expect(await asked('model', ...args)).toMatchObject({ code: 2, error: expect.stringMatching(words) });
  });

  it('says of a version that is in the ledger and not in MLflow that somebody deleted it', async () => {
    await world.theirs.call('delete_model_version', { name: model, version: '3' });
    const { error } = await asked('model', 'promote', `${model}@3`);
    expect(error).toContain('version 3 of verbs is in the ledger and not in MLflow any more');
    expect((await asked('model', 'list', model)).answer.missing).toEqual(['3']);
  });
});

describe('ratchet rollback while MLflow is away', () => {
  it('is queued, says so, is one however often it is asked for, and is done when MLflow is back', async () => {
    const model = 'away';
    await world.promote(await world.registered(model, null));
    await world.promote(await world.registered(model, '1'));
    await world.mlflow.server.kill();

    const first = await runVerb('rollback', model, '--reason', 'it is wrong about everything', '--as', 'ann');
    expect(first).toMatchObject({
      code: 4,
      stdout: expect.stringContaining('The rollback of away from v2 to v1 is queued'),
      stderr: expect.stringContaining('MLflow cannot be reached'),
    });
    expect(await asked('rollback', model, '--reason', 'again')).toMatchObject({
      ...{ code: 4, answer: { outcome: 'queued', champion: '2', to: '1' } },
    });
    expect(await asked('rollback', model, '--to', '7', '--reason', 'no')).toMatchObject({
      ...{ code: 2, error: expect.stringMatching(/away has no version 7.*MLflow cannot be reached/) },
    });
    expect((await asked('rollback', 'nobodys', '--reason', 'no')).error).toContain('MLflow cannot be reached');

    await world.mlflow.server.start();
    await expect
      .poll(async () => readLedger(world.temporal.client, { model }), { timeout: 60_000, interval: 500 })
      .toMatchObject({ champion: '1', previous: '2', epoch: 3, busy: false });
    expect(await world.stages(model)).toEqual({ 1: 'Production', 2: 'Archived' });
    expect(await world.evidence(model, '1', 'production')).toMatchObject({
      ...{ by: 'ann', reason: 'it is wrong about everything' },
    });
    expect(await asked('rollback', model, '--to', '1', '--reason', 'x')).toMatchObject({
      ...{ code: 0, answer: { outcome: 'already-champion' } },
    });
  });
});

describe('ratchet features get --model', () => {
  const model = 'served';
  const get = (which: string) =>
    runVerb(
      ...['features', 'get', 'customer_id=1', 'amount=2', '--definitions', file, '--store', `lmdb:${root}/online`],
      ...['--model', which, '--json'],
    );

  it('serves what the champion was trained with, and nothing else', async () => {
    writeFileSync(file, featuresFile);
    const listed = await asked('features', 'list', '--definitions', file);
    const [{ version }] = listed.answer.services as [{ version: string }];
    const service = { name: 'fraud', version, definitions: `sha256:${'b'.repeat(64)}` };
    await world.promote(await world.registered(model, null, undefined, service));
    const got = await get(`${model}@champion`);
    expect(got).toMatchObject({ code: 0 });
    expect(Object.keys(JSON.parse(got.stdout).features)).toEqual(['city', 'balance', 'open', 'doubled']);

    await world.promote(
      await world.registered(model, '1', undefined, { ...service, version: `sha256:${'c'.repeat(64)}` }),
    );
    const other = await get(`${model}@champion`);
    expect(other.code).toBe(2);
    expect(JSON.parse(other.stdout).error.message).toMatch(
      /served version 2 was trained with fraud in the version c{12}, and .*features\.ts defines fraud in the version [0-9a-f]{12}: its features would mean something else/,
    );
    expect(await get(`${model}@1`)).toMatchObject({ code: 0 });
    expect(await get(`${model}@previous`)).toMatchObject({ code: 0 });
  });

  it('says what is missing', async () => {
    await world.promote(await world.registered('plain', null));
    const why = async (which: string) => JSON.parse((await get(which)).stdout).error.message;
    expect(await why('plain@champion')).toMatch(/plain version 1 says no feature service/);
    expect(await why('plain@9')).toMatch(/no version 9 of plain/);
    expect(await why('plain')).toMatch(/names no version: write NAME@champion/);
  });
});
