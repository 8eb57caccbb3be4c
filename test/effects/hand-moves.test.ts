/** What a hand does with stages and aliases in MLflow between our moves, and a server that has no stages any more. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchAlias } from '#activities/watch/alias.ts';
import { createLoops } from '#adapters/temporal/loop-port.ts';
import { readLedger } from '#adapters/temporal/models.ts';
import type { Json } from '#contracts/json.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { type ModelWorld, startModelWorld } from '../integration/model-world.ts';

let world: ModelWorld;
beforeAll(async () => {
  world = await startModelWorld();
}, 240_000);
afterAll(() => world?.close());

describe('what a hand does in MLflow', () => {
  const model = 'by hand';
  const policy = LoopPolicy.parse({ pipeline: 'p', model });
  let mark: Json = null;
  const look = async () => {
    const seen = await watchAlias(
      { loops: createLoops(world.temporal.client), tracking: world.tracking, store: { list: async function* () {} } },
      { policy, mark },
    );
    mark = seen.mark as Json;
    return seen.handMove;
  };
  const transition = (version: string, stage: string, archive = false) =>
    world.theirs.call('transition_model_version_stage', {
      ...{ name: model, version, stage, archive_existing_versions: archive },
    });

  it('with a stage is found once, told in words, and put back by whoever asks for the champion', async () => {
    const one = await world.registered(model, null);
    await world.promote(one);
    const two = await world.registered(model, '1');
    await world.promote(two);
    const three = await world.registered(model, '2');
    expect(await look()).toBeNull();

    await transition('1', 'Production');
    expect(await look()).toEqual({
      id: 'by hand/by-hand/1',
      words:
        "version 1 of by hand was moved by hand to the stage Production: by the ledger it is in Archived, and Production is version 2's",
    });
    expect(await look()).toBeNull();
    // The same ledger answers who asks for what is so, and puts the rest back.
    expect(await world.promote(two)).toMatchObject({ champion: '2' });
    expect(await world.stages(model)).toEqual({ 1: 'Archived', 2: 'Production', 3: 'Staging' });
    expect(await look()).toBeNull();

    // The same again is another find.
    await transition('1', 'Production');
    expect(await look()).toMatchObject({ id: 'by hand/by-hand/2' });

    // As people promote who know stages alone.
    await transition('3', 'Production', true);
    expect((await look())?.words.split('; ')).toEqual([
      'version 2 of by hand was moved by hand to the stage Archived: by the ledger it is in Production',
      "version 3 of by hand was moved by hand to the stage Production: by the ledger it is in Staging, and Production is version 2's",
    ]);
    // Nobody's champion by that: the ledger is what decides, and its next move is whole.
    expect((await readLedger(world.temporal.client, { model }))?.champion).toBe('2');
    await world.promote(three);
    expect(await world.stages(model)).toEqual({ 1: 'Archived', 2: 'Archived', 3: 'Production' });
    expect(await look()).toBeNull();
  });

  it('with an alias is found, too, and with the champion’s it is a fact that stages follow', async () => {
    const four = await world.registered(model, '3');
    await world.theirs.call('set_registered_model_alias', { name: model, alias: 'staging', version: '1' });
    expect((await look())?.words).toBe(
      `the alias staging of by hand was moved by hand to version 1: by the ledger it is version ${four.version}'s`,
    );
    await world.theirs.call('set_registered_model_alias', { name: model, alias: 'champion', version: '1' });
    expect((await look())?.words).toBe('the alias champion of by hand was moved by hand from version 3 to version 1');
    expect(await world.stages(model)).toEqual({ 1: 'Production', 2: 'Archived', 3: 'Archived', 4: 'Staging' });
    expect(await world.aliases(model)).toEqual({ champion: '1', previous: '3', candidate: '4', staging: '4' });
    expect(await look()).toBeNull();
  });

  it('with a version that waits, which is deleted, is found, and keeps nobody from being promoted', async () => {
    await world.theirs.call('delete_model_version', { name: model, version: '4' });
    expect((await look())?.words).toBe(
      'version 4 of by hand, which waits by the ledger, was deleted in MLflow by hand',
    );
    const five = await world.registered(model, '1');
    await world.promote(five);
    expect(await world.stages(model)).toEqual({ 1: 'Archived', 2: 'Archived', 3: 'Archived', 5: 'Production' });
    expect(await look()).toBeNull();
  });
});

describe('a server that has no stages any more', () => {
  it('is told of once, and keeps nobody from being promoted', async () => {
    const model = 'without';
    const body = JSON.stringify({ error_code: 'ENDPOINT_NOT_FOUND', message: 'No API found for transition-stage' });
    const stop = world.proxy.answer(/^POST .*transition-stage/, 404, body);
    const one = await world.registered(model, null);
    expect(await world.promote(one)).toMatchObject({ outcome: 'promoted', champion: '1' });
    expect(await world.stages(model)).toEqual({ 1: 'None' });
    expect(await world.aliases(model)).toEqual({ champion: '1' });
    const ledger = await readLedger(world.temporal.client, { model });
    expect(ledger).toMatchObject({ inStep: 'aliases', note: expect.stringContaining('has no stages') });
    // Whoever registered was told; the stages of a version are not held against anybody.
    const two = await world.registered(model, '1');
    expect(await world.promote(two)).not.toHaveProperty('note');
    stop();
    // Another server, or the same after it was mended: all is in step with the next move.
    const three = await world.registered(model, '2');
    await world.promote(three);
    expect(await world.stages(model)).toEqual({ 1: 'Archived', 2: 'Archived', 3: 'Production' });
  });
});
