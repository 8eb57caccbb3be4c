/** The champion that a run as of some time is judged against. */
import type { ChampionRef } from '#contracts/data.ts';
import { alias, versionTag } from '#contracts/names.ts';
import { championOfThen, type MadeVersion } from '#decisions/champion-of-then.ts';
import type { Tracking } from '#ports/tracking.ts';
import { historyOf } from './log-moves.ts';

type Registry = Pick<Tracking, 'alias' | 'championOf' | 'versions'>;

/** The registry as it is when it is first asked: for one plan, which is of one moment. */
export function atOneMoment({ alias, championOf, versions }: Registry): Registry {
  const known = new Map<string, Promise<unknown>>();
  const once = <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const answer = (known.get(key) ?? ask()) as Promise<T>;
    known.set(key, answer);
    return answer;
  };
  return {
    alias: (model, name) => once(`alias ${name} ${model}`, () => alias(model, name)),
    versions: (model) => once(`versions ${model}`, () => versions(model)),
    championOf,
  };
}

/** @param model as the registry knows it */
export async function pastChampion(
  tracking: Registry,
  model: string,
  asOf: string,
): Promise<{ champion: ChampionRef | null; later: MadeVersion | null }> {
  const now = await tracking.alias(model, alias.champion);
  if (now === null) return { champion: null, later: null };
  // Nearly always: one that was made for an earlier time, or that Ratchet did not register. Only else do all versions count.
  const madeFor = now.tags[versionTag.digest] ? Date.parse(now.tags[versionTag.asOf] ?? '') : Number.NaN;
  if (!(madeFor > Date.parse(asOf))) return { champion: await tracking.championOf(now), later: null };
  const versions = (await tracking.versions(model)).filter(({ tags }) => tags[versionTag.digest]);
  const made = versions.map(({ version, tags }) => ({
    version,
    asOf: tags[versionTag.asOf] ?? null,
    ...historyOf(tags),
  }));
  const { version, later } = championOfThen(now.version, made, asOf);
  const found = version === now.version ? now : versions.find((each) => each.version === version);
  return { champion: found ? await tracking.championOf(found) : null, later };
}
