/** The stage `publish`: a registered version on Hugging Face's Hub, with a card of what its gate was shown. */
import type { VersionRef } from '#contracts/data.ts';
import { ArtifactDamaged, UserError } from '#contracts/failures.ts';
import { versionTag } from '#contracts/names.ts';
import type { ModelHub } from '#ports/model-hub.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { RegisteredVersion } from '#ports/tracking.ts';
import { type StoredEvidence, storedEvidence } from '#records/stored-evidence.ts';
import { libraryOf } from '#reports/model-card/library.ts';
import { mergedCard } from '#reports/model-card/merge.ts';
import { type CardStory, toldByTags } from '#reports/model-card/story.ts';
import { type LocalModels, localModel } from '../model/local-model.ts';
import { sha256 } from '../sha256.ts';
import type { StageWork } from '../stage.ts';
import { fileOf, filesOf } from './hub/files.ts';
import { MANIFEST, manifestText } from './hub/manifest.ts';
import { placed } from './hub/place.ts';

export interface PublishDeps extends LocalModels {
  /** Loaded when it is first asked for. */
  hub(): Promise<ModelHub>;
  store: Pick<ObjectStore, 'key' | 'get'>;
  /** Where the Hub is, unless the step says it. */
  endpoint: string;
  /** @throws UserError InvalidInput when the variable holds none */
  token(name: string): string;
}

export function createPublish(deps: PublishDeps): StageWork<'publish'> {
  return async (input, { signal, progress }) => {
    const { version, repo, license = null } = input;
    const tag = input.tag?.replaceAll('{version}', version.version);
    const endpoint = endpointOf(input.endpoint ?? deps.endpoint);
    const token = { name: input.token, value: deps.token(input.token) };
    const hub = (await deps.hub()).open({ endpoint, repo, token }, signal);
    const registered = await registeredAs(deps, version);
    // The verdict that it was registered on: a later run that finds the champion again has a verdict of its own on the same bytes.
    const told = toldByTags(registered.tags);
    const judged = await evidenceOf(deps, registered, version);
    progress(`reading version ${version.version} of ${version.model}`);
    const folder = await localModel(deps, version, signal);
    // The Hub keeps .gitattributes itself: which files are large is its own business.
    const model = await filesOf(folder, [MANIFEST, '.gitattributes'], signal);
    const files = model.filter(({ path }) => path !== 'README.md');
    const facts = {
      ...{ model: version.model, version: version.version, digest: version.digest, license },
      ...{ verdict: told.verdict.digest, evidence: judged.digest },
    };
    const manifest = manifestText(facts, files);
    const { flavors } = await deps.tracking.modelCard(version.uri);
    const story: CardStory = {
      ...{ repo, tag: tag ?? null, license, library: libraryOf(flavors), evidence: judged.evidence },
      ...{ model: version.model, version: version.version, digest: version.digest },
      ...told,
    };
    const { revision, already } = await placed(
      hub,
      {
        ...{ repo, endpoint, tag, branch: input.branch, create: input.create, private: input.private },
        ...{ title: `${version.model} version ${version.version}`, key: sha256(manifest) },
        files: [...files, fileOf(MANIFEST, manifest)],
        card: (before) => fileOf('README.md', mergedCard(before, story)),
      },
      progress,
    );
    progress(already ? `is commit ${revision.slice(0, 8)} already` : `published as commit ${revision.slice(0, 8)}`);
    return { repo, revision, tag: tag ?? null, url: hub.url(revision), already };
  };
}

function endpointOf(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url && /^https?:$/.test(url.protocol) && url.search + url.hash + url.username === '')
    return given.replace(/\/+$/, '');
  throw new UserError(
    'InvalidInput',
    `HF_ENDPOINT is "${given}", which is no address of a Hub: set it to one like https://huggingface.co, or unset it.`,
  );
}

/** The version as MLflow has it. @throws UserError InvalidInput when it is not the one that is to be published */
async function registeredAs({ tracking }: PublishDeps, version: VersionRef): Promise<RegisteredVersion> {
  const name = `version ${version.version} of ${version.model}`;
  const found = await tracking.version(version.model, version.version);
  if (!found)
    throw new UserError('InvalidInput', `MLflow has no ${name}: it was deleted there. Register the model again.`);
  const digest = found.tags[versionTag.digest];
  if (digest !== version.digest)
    throw new UserError(
      'InvalidInput',
      `The tag ${versionTag.digest} of ${name} in MLflow is ${digest ?? 'not there'}, and this run registered ${version.digest}: somebody changed it. Nothing is published; register the model again.`,
    );
  return found;
}

/** The whole of what was judged, under a key that is its own digest. */
async function evidenceOf(
  { store }: PublishDeps,
  { tags }: RegisteredVersion,
  version: VersionRef,
): Promise<StoredEvidence> {
  const judged = await storedEvidence(store, tags);
  const uri = tags['ratchet.evidence'] ?? '';
  if (judged === null)
    throw new ArtifactDamaged(
      uri,
      `The evidence of version ${version.version} of ${version.model} (${uri || 'no tag ratchet.evidence'}) is gone or holds other bytes: run the pipeline again, it is measured anew.`,
    );
  if (judged.evidence.candidate.digest === version.digest) return judged;
  throw new UserError(
    'InvalidInput',
    `The evidence of version ${version.version} of ${version.model} is of another model (${judged.evidence.candidate.digest}, not ${version.digest}): nothing is published.`,
  );
}
