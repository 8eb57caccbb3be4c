/** Something dies at each request in turn that a ledger's work writes to MLflow with, each time on a model of its own. */
import { expect } from 'vitest';
import { archiveVersion, readLedger } from '#adapters/temporal/models.ts';
import type { ModelWorld } from './model-world.ts';

export const works = ['register', 'promote', 'archive'] as const;
export type Work = (typeof works)[number];

/** What MLflow and the ledger hold when it is done: one version for each model that was registered, one champion. */
const ends: Record<Work, { stages: Record<string, string>; aliases: Record<string, string> }> = {
  register: { stages: { 1: 'Production', 2: 'Staging' }, aliases: { champion: '1', candidate: '2', staging: '2' } },
  promote: { stages: { 1: 'Archived', 2: 'Production' }, aliases: { champion: '2', previous: '1' } },
  archive: { stages: { 1: 'Production', 2: 'Archived' }, aliases: { champion: '1' } },
};

const WRITES = /^(POST|PATCH|DELETE) /;

/** @returns how many requests it died at: all there are */
export async function atEachWrite(world: ModelWorld, work: Work, death: () => Promise<void>): Promise<number> {
  for (let nth = 1; ; nth++) {
    const model = `${work} ${nth}`;
    await world.promote(await world.registered(model, null));
    const waits = work === 'register' ? null : await world.registered(model, '1');
    let struck = false;
    const action = async () => {
      struck = true;
      await death();
    };
    world.proxy.cut({ match: WRITES, nth, when: 'after', action });
    if (!waits) await world.registered(model, '1');
    else if (work === 'promote') expect(await world.promote(waits)).toMatchObject({ champion: '2', epoch: 2 });
    else
      await archiveVersion(world.temporal.client, { model }, { version: waits.version, by: 'ann', reason: 'it leaks' });
    world.proxy.spare();
    const { stages, aliases } = ends[work];
    expect(await world.stages(model), `${model}: stages`).toEqual(stages);
    expect(await world.aliases(model), `${model}: aliases`).toEqual(aliases);
    const ledger = await readLedger(world.temporal.client, { model });
    expect(ledger, model).toMatchObject({
      champion: aliases.champion,
      inStep: 'stages',
      epoch: work === 'promote' ? 2 : 1,
    });
    expect(ledger, model).not.toHaveProperty('byHand');
    if (!struck) return nth - 1;
  }
}
