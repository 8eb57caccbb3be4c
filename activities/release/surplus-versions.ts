/** Versions that a creating request made which arrived when its effect was long done. */
import { versionTag } from '#contracts/names.ts';
import type { RunContext } from '#contracts/run.ts';
import type { Tracking } from '#ports/tracking.ts';
import { settle } from './create-version.ts';
import { registeredModel } from './effect-key.ts';

/** Leaves the lowest of each key that the run asked for: the one that the model's workflow answered with. Safe to repeat. */
export async function removeSurplusVersions(
  registry: Pick<Tracking, 'versions' | 'deleteVersion'>,
  run: Pick<RunContext, 'id' | 'environment' | 'model' | 'pipeline'>,
): Promise<void> {
  const model = registeredModel(run);
  const ofRun = await registry.versions(model, { tag: 'ratchet.run', is: run.id });
  const keys = new Set(ofRun.flatMap(({ tags }) => tags[versionTag.key] ?? []));
  // The version that was answered may be another run's.
  for (const key of keys) await settle(registry, await registry.versions(model, { tag: versionTag.key, is: key }));
}
