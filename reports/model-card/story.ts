/** What a model card tells. */
import type { Evidence } from '#contracts/evidence.ts';
import { versionTag } from '#contracts/names.ts';

export interface CardStory {
  /** Where the card is: `organization/name` of a Hub, or a file. */
  repo: string;
  /** Address of the MLflow server that it is loaded from; absent: the repo. */
  registry?: string;
  /** What of the repo has these very bytes and stays; null where nothing names them yet. */
  tag: string | null;
  model: string;
  version: string;
  /** `sha256:…` of the model's files. */
  digest: string;
  pipeline: string | null;
  asOf: string | null;
  /** `NAME@sha256:…` of what serves the features that it takes; null: none. */
  featureService: string | null;
  verdict: { digest: string; outcome: string; against: string | null; reasons: readonly string[] };
  evidence: Evidence;
  /** The Hub's name of the library that loads it, `sklearn`. */
  library: string;
  /** null leaves what the card says. */
  license: string | null;
}

/** What a registered version says of itself by its tags. */
export const toldByTags = (
  tags: Readonly<Record<string, string>>,
): Pick<CardStory, 'pipeline' | 'asOf' | 'featureService' | 'verdict'> => ({
  pipeline: tags[versionTag.pipeline] ?? null,
  asOf: tags[versionTag.asOf] ?? null,
  featureService: tags[versionTag.featureService] ?? null,
  verdict: {
    digest: tags['ratchet.verdict.digest'] ?? '',
    outcome: tags['ratchet.verdict'] ?? '',
    against: tags['ratchet.verdict.against'] ?? null,
    reasons: (tags['ratchet.reasons'] ?? '').split('\n').filter(Boolean),
  },
});
