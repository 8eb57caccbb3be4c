/**
 * One version per key, however often and by however many it is asked for.
 *
 * "Look, then create" makes four versions of four racing attempts. So the key travels inside the creating request as a
 * tag; afterwards everybody reads back, the lowest version with the key is the one, and each removes the rest. Numbers are
 * the registry's own and only grow, so that whoever made a higher one sees the lower one.
 */

import type { CreateVersionRequest, ModelActivities } from '#contracts/activities.ts';
import { serviceTag, type VersionRef } from '#contracts/data.ts';
import { versionTag } from '#contracts/names.ts';
import { trainingTag } from '#contracts/training-rows.ts';
import type { RegisteredVersion, Tracking } from '#ports/tracking.ts';
import { NEVER } from './log-moves.ts';

type Registry = Pick<Tracking, 'versions' | 'createVersion' | 'describeVersion' | 'deleteVersion' | 'modelCard'>;

/** Longest value of a tag; MLflow refuses some longer ones. */
const TAG = 5_000;

export function createVersionActivity(registry: Registry): ModelActivities['createVersion'] {
  return async (request) => {
    const { model, key, candidate } = request;
    const ofKey = () => registry.versions(model, { tag: versionTag.key, is: key });
    const known = await settle(registry, await ofKey());
    if (known) return { version: reference(known, request), already: true };

    const tags = await tagsOf(registry, request);
    const ofModel = await registry.versions(model, { source: candidate.uri });
    const own = ofModel.find((version) => !version.tags[versionTag.key]);
    if (own) {
      // The trainer registered this very model itself: that version becomes ours. The key last: with it, all is there.
      const { [versionTag.key]: _, ...others } = tags;
      await registry.describeVersion({ model, version: own.version, description: request.description, tags: others });
      await registry.describeVersion({ model, version: own.version, tags: { [versionTag.key]: key } });
      return { version: reference(own, request), already: false };
    }
    const made = await registry.createVersion({
      model,
      source: candidate.uri,
      runId: candidate.runId,
      description: request.description,
      about: aboutModel(request),
      tags,
    });
    const winner = (await settle(registry, await ofKey())) ?? made;
    return { version: reference(winner, request), already: winner.version !== made.version };
  };
}

/** Of versions with one key the lowest, if there are several; the others are removed. Null when there is none. */
export async function settle(
  registry: Pick<Registry, 'deleteVersion'>,
  versions: RegisteredVersion[],
): Promise<RegisteredVersion | null> {
  const [lowest, ...rest] = versions;
  for (const surplus of rest) await registry.deleteVersion(surplus.model, surplus.version);
  return lowest ?? null;
}

/** What the registered model says of itself, in MLflow's UI, until somebody writes what is better. */
function aboutModel({ model, tags }: CreateVersionRequest): string {
  const pipeline = tags[versionTag.pipeline];
  return (
    `Registered by Ratchet${pipeline ? ` for the pipeline \`${pipeline}\`` : ''}: each version passed its gate, and says on what evidence. ` +
    `The champion is \`models:/${model}@champion\`, in the stage Production; who waits is \`models:/${model}@candidate\`, in Staging.`
  );
}

async function tagsOf(registry: Registry, request: CreateVersionRequest): Promise<Record<string, string>> {
  const { candidate, verdict } = request;
  const card = await registry.modelCard(candidate.uri);
  const missing = [
    ...(card.signature ? [] : ['no signature: log the model with signature=infer_signature(inputs, predictions)']),
    ...(card.inputExample ? [] : ['no input example: log the model with input_example=inputs.head()']),
  ];
  const tags: Record<string, string | null> = {
    ...request.tags,
    [versionTag.key]: request.key,
    [versionTag.digest]: candidate.digest,
    [versionTag.champion]: NEVER,
    'ratchet.verdict': verdict.outcome,
    'ratchet.verdict.digest': verdict.digest,
    'ratchet.verdict.against': verdict.against,
    'ratchet.reasons': verdict.reasons.join('\n'),
    'ratchet.report': verdict.report,
    'ratchet.data': candidate.trainedOn,
    [versionTag.training]: trainingTag(candidate.training),
    [versionTag.featureService]: candidate.service ? serviceTag(candidate.service) : null,
    [versionTag.featureDefinitions]: candidate.service?.definitions ?? null,
    'ratchet.environment': candidate.environment,
    'ratchet.warning': missing.length > 0 ? missing.join('; ') : null,
  };
  return Object.fromEntries(
    Object.entries(tags).flatMap(([name, value]) => (value ? [[name, value.slice(0, TAG)] as const] : [])),
  );
}

function reference(version: RegisteredVersion, { candidate, verdict }: CreateVersionRequest): VersionRef {
  return {
    kind: 'version',
    model: version.model,
    version: version.version,
    digest: candidate.digest,
    runId: candidate.runId,
    uri: candidate.uri,
    verdict: { digest: verdict.digest, against: verdict.against },
  };
}
