/** The champion that a run as of some time is judged against. */
import type { ChampionRef } from '#contracts/data.ts';
import { versionTag } from '#contracts/names.ts';
import { readTrainingTag } from '#contracts/training-rows.ts';
import { championOfThen, type MadeVersion } from '#decisions/champion-of-then.ts';
import type { Tracking } from '#ports/tracking.ts';
import { historyOf } from './log-moves.ts';

/** @param model as the registry knows it */
export async function pastChampion(
  tracking: Pick<Tracking, 'champion' | 'version' | 'versions'>,
  model: string,
  asOf: string,
): Promise<{ champion: ChampionRef | null; later: MadeVersion | null }> {
  const champion = await tracking.champion(model);
  if (champion === null) return { champion, later: null };
  // Nearly always: one that was made for an earlier time, or that Ratchet did not register. Only else do all versions count.
  const now = (await tracking.version(model, champion.version))?.tags ?? {};
  const madeFor = now[versionTag.digest] ? Date.parse(now[versionTag.asOf] ?? '') : Number.NaN;
  if (!(madeFor > Date.parse(asOf))) return { champion, later: null };
  const versions = (await tracking.versions(model)).filter(({ tags }) => tags[versionTag.digest]);
  const made = versions.map(({ version, tags }) => ({
    version,
    asOf: tags[versionTag.asOf] ?? null,
    ...historyOf(tags),
  }));
  const { version, later } = championOfThen(champion.version, made, asOf);
  if (version === champion.version) return { champion, later };
  const found = versions.find((each) => each.version === version);
  if (!found) return { champion: null, later };
  const { runId, source: uri, tags } = found;
  const training = readTrainingTag(tags[versionTag.training]);
  return {
    later,
    champion: {
      ...{ kind: 'champion', model, version: found.version, runId, uri, digest: tags[versionTag.digest] ?? '' },
      ...(training ? { training } : {}),
    },
  };
}
