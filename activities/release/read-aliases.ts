/** What MLflow's aliases and stages say: where a ledger begins, and how a move by hand is seen. */

import type { ModelActivities } from '#contracts/activities.ts';
import { alias as names } from '#contracts/names.ts';
import type { Tracking } from '#ports/tracking.ts';
import { foundApart } from './stages.ts';

export function readAliasesActivity(
  registry: Pick<Tracking, 'alias' | 'champion' | 'version' | 'newestVersions'>,
): ModelActivities['readAliases'] {
  return async ({ model, ledger }) => {
    const [champion, previous] = await Promise.all([registry.champion(model), registry.alias(model, names.previous)]);
    const found = { champion, previous: previous?.version ?? null };
    if (!ledger) return found;
    return { ...found, apart: await foundApart(registry, model, ledger, champion?.version ?? null) };
  };
}
