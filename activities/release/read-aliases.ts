/** What MLflow's aliases say: where a ledger begins, and how a move by hand is seen. */

import type { ModelActivities } from '#contracts/activities.ts';
import { alias as names } from '#contracts/names.ts';
import type { Tracking } from '#ports/tracking.ts';

export function readAliasesActivity(registry: Pick<Tracking, 'alias' | 'champion'>): ModelActivities['readAliases'] {
  return async ({ model }) => {
    const [champion, previous] = await Promise.all([registry.champion(model), registry.alias(model, names.previous)]);
    return { champion, previous: previous?.version ?? null };
  };
}
