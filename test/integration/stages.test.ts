/** MLflow's stages beside its aliases, as MLflow's own client sees them; what a hand does in between is in effects/hand-moves. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveVersion, rollback } from '#adapters/temporal/models.ts';
import { idOf, type ModelWorld, startModelWorld } from './model-world.ts';

let world: ModelWorld;
beforeAll(async () => {
  world = await startModelWorld();
}, 240_000);
afterAll(() => world?.close());

describe('stages', () => {
  const model = 'kept';

  it('follow registration, promotion and rollback, each with its evidence, as MLflow’s own client sees them', async () => {
    const one = await world.registered(model, null, world.trained);
    expect(await world.stages(model)).toEqual({ 1: 'Staging' });
    expect(await world.aliases(model)).toEqual({ candidate: '1', staging: '1' });
    expect(await world.loaded(`models:/${model}/Staging`)).toBe(idOf(one));

    await world.promote(one);
    expect(await world.stages(model)).toEqual({ 1: 'Production' });
    expect(await world.aliases(model)).toEqual({ champion: '1' });

    const two = await world.registered(model, '1', world.trained);
    expect(await world.stages(model)).toEqual({ 1: 'Production', 2: 'Staging' });
    await world.promote(two);
    expect(await world.stages(model)).toEqual({ 1: 'Archived', 2: 'Production' });
    expect(await world.aliases(model)).toEqual({ champion: '2', previous: '1' });
    expect(await world.latest(model)).toEqual({ Archived: 1, Production: 2 });
    for (const uri of [`models:/${model}/Production`, `models:/${model}@champion`])
      expect(await world.loaded(uri)).toBe(idOf(two));
    expect(await world.evidence(model, '2', 'staging')).toMatchObject({
      by: expect.stringMatching(/^run\/p\//),
      reason: 'passed against version 1',
    });
    expect(await world.evidence(model, '2', 'production')).toMatchObject({
      by: 'run/p/1 (ann)',
      reason: 'better than version 1',
    });
    expect(await world.evidence(model, '1', 'archived')).toMatchObject({
      by: 'run/p/1 (ann)',
      reason: 'version 2 is champion in its place: better than version 1',
    });

    await rollback(world.temporal.client, { model }, { by: 'ann', reason: 'it smells' });
    expect(await world.stages(model)).toEqual({ 1: 'Production', 2: 'Archived' });
    expect(await world.aliases(model)).toEqual({ champion: '1', previous: '2' });
    expect(await world.evidence(model, '1', 'production')).toMatchObject({ by: 'ann', reason: 'it smells' });
  });

  it('have one version in Staging: the newest that waits', async () => {
    await world.registered(model, '1');
    await world.registered(model, '1');
    expect(await world.stages(model)).toEqual({ 1: 'Production', 2: 'Archived', 3: 'Archived', 4: 'Staging' });
    expect(await world.aliases(model)).toMatchObject({ candidate: '4', staging: '4' });
    expect(await world.evidence(model, '3', 'archived')).toMatchObject({ reason: 'version 4 waits in its place' });
  });

  it('have a version put away by a person, which no run makes champion any more; the champion never', async () => {
    const archive = (version: string, reason = 'leaks the label') =>
      archiveVersion(world.temporal.client, { model }, { version, by: 'ann', reason });
    const four = { ...(await world.registered(model, '1')) };
    expect(await archive(four.version)).toEqual({ already: false });
    expect(await archive(four.version)).toEqual({ already: true });
    expect(await world.stages(model)).toMatchObject({ [four.version]: 'Archived' });
    expect(await world.aliases(model)).toEqual({ champion: '1', previous: '2' });
    expect(await world.promote(four)).toMatchObject({
      ...{ outcome: 'taken-back', champion: '1' },
      reason: expect.stringContaining('was archived by ann (leaks the label)'),
    });
    await expect(archive('1')).rejects.toMatchObject({
      ...{ type: 'InvalidInput', message: expect.stringContaining('version 1 is the champion of kept') },
    });
    expect(
      await rollback(world.temporal.client, { model }, { by: 'bob', reason: 'it does not', to: four.version }),
    ).toMatchObject({ outcome: 'promoted', champion: four.version });
    expect(await world.stages(model)).toMatchObject({ 1: 'Archived', [four.version]: 'Production' });
  });
});
