import { alias, versionTag } from '#contracts/names.ts';
import type { TrainedWith } from '#features/lineage.ts';
import { withSession } from '../../kit/session.ts';

/** Every registered version that says which service it was trained with. @throws UserError without a reachable MLflow */
export const trainedWith = (): Promise<TrainedWith[]> =>
  withSession(async ({ tracking }) => {
    const champions = new Map(
      (await tracking.registeredModels()).map(({ name, aliases }) => [name, aliases[alias.champion]]),
    );
    const found: TrainedWith[] = [];
    for await (const { model, version, tags } of tracking.everyVersion()) {
      const [, service, serviceVersion] = /^([^@]+)@(.+)$/.exec(tags[versionTag.featureService] ?? '') ?? [];
      if (service === undefined || serviceVersion === undefined) continue;
      found.push({ model, version, champion: champions.get(model) === version, service, serviceVersion });
    }
    return found;
  });
