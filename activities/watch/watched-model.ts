/** A registered version as the stages name models. */
import type { ChampionRef, ModelRef } from '#contracts/data.ts';
import { versionTag } from '#contracts/names.ts';
import type { RegisteredVersion, Tracking } from '#ports/tracking.ts';

export interface WatchedModel {
  version: string;
  model: ModelRef;
  champion: ChampionRef;
  /** Where the evidence lies that it was promoted for; null when it says nothing of it. */
  evidence: string | null;
  /** ISO: the time that it was made for; null when nobody recorded it. */
  asOf: string | null;
}

/** Null when there is no such version, or it was not registered by a pipeline and its digest is not known. */
export async function watchedModel(
  tracking: Pick<Tracking, 'version' | 'modelDigest'>,
  name: string,
  version: string,
  signal: AbortSignal,
): Promise<WatchedModel | null> {
  const found = await tracking.version(name, version);
  return found ? described(tracking, found, signal) : null;
}

async function described(
  tracking: Pick<Tracking, 'modelDigest'>,
  { model, version, runId, source: uri, tags }: RegisteredVersion,
  signal: AbortSignal,
): Promise<WatchedModel> {
  const digest = tags[versionTag.digest] ?? (await tracking.modelDigest(uri, signal));
  return {
    version,
    evidence: tags['ratchet.evidence'] ?? null,
    asOf: tags[versionTag.asOf] ?? null,
    champion: { kind: 'champion', model, version, runId, uri, digest },
    model: {
      kind: 'model',
      runId,
      uri,
      digest,
      environment: tags['ratchet.environment'] ?? null,
      trainedOn: tags['ratchet.data'] ?? null,
    },
  };
}
