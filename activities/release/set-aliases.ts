/** MLflow's aliases follow the ledger of `model/<name>`. */

import type { ModelActivities } from '#contracts/activities.ts';
import { alias as names } from '#contracts/names.ts';
import type { Tracking } from '../ports/tracking.ts';

type Aliases = Pick<Tracking, 'alias' | 'setAlias'>;

/** Writes only what differs. `previous` first: whoever sees the new champion can already go back to the old one. */
export function setAliasesActivity(registry: Aliases): ModelActivities['setAliases'] {
  return async ({ model, champion, previous }) => {
    await follow(registry, model, names.previous, previous);
    await follow(registry, model, names.champion, champion);
  };
}

async function follow(registry: Aliases, model: string, name: string, version: string | null): Promise<void> {
  const held = await registry.alias(model, name);
  if ((held?.version ?? null) !== version) await registry.setAlias(model, name, version);
}
