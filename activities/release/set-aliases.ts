/** MLflow's aliases and stages follow the ledger of `model/<name>`. */

import type { ModelActivities } from '#contracts/activities.ts';
import { ArtifactDamaged } from '#contracts/failures.ts';
import { alias as names, versionTag } from '#contracts/names.ts';
import type { Tracking } from '#ports/tracking.ts';
import { logMoves } from './log-moves.ts';
import { keepInStep } from './stages.ts';

type Aliases = Pick<
  Tracking,
  'alias' | 'setAlias' | 'version' | 'newestVersions' | 'modelDigest' | 'setStage' | 'describeVersion'
>;

/**
 * Writes only what differs. `previous` first: whoever sees the new champion can already go back to the old one.
 * @param settings `stages`: whether MLflow's stages are kept in step with aliases; `attempt`: which one of the activity this
 *   is, from 1: what an earlier one sent may still be under way
 * @throws ArtifactDamaged before anything is written when the files of the version that is to become champion are not
 *   those that were registered
 */
export function setAliasesActivity(
  registry: Aliases,
  settings: { stages: boolean; attempt: () => number },
): ModelActivities['setAliases'] {
  return async ({ model, champion, previous, moves = [], stages }) => {
    const held = (await registry.alias(model, names.champion))?.version ?? null;
    if (champion !== null && champion !== held) await checkFiles(registry, model, champion);
    const before = (await registry.alias(model, names.previous))?.version ?? null;
    if (before !== previous) await registry.setAlias(model, names.previous, previous);
    if (held !== champion) await registry.setAlias(model, names.champion, champion);
    await logMoves(registry, model, moves);
    // Workflows of earlier versions know of no stages.
    const kept = stages && (await keepInStep(registry, model, { champion, previous, stages }, settings.stages));
    return { unsure: settings.attempt() > 1, ...kept };
  };
}

/** A version that was registered by others says no digest: there is nothing to hold its files against. */
async function checkFiles(registry: Aliases, model: string, version: string): Promise<void> {
  const registered = await registry.version(model, version);
  const digest = registered?.tags[versionTag.digest];
  if (!registered || digest === undefined) return;
  const found = await registry.modelDigest(registered.source);
  if (found !== digest)
    throw new ArtifactDamaged(
      registered.source,
      `Version ${version} of ${model} does not become champion: its files (${registered.source}) are not those that were registered. Their digest is ${found}, not ${digest}. Put the files back, or train again.`,
    );
}
