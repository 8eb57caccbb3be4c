/**
 * Versions tell when they became champion and when they were demoted: the ledger forgets old moves, and a run as of the past
 * asks for them. Written after the aliases; the same moves again write nothing.
 */
import { z } from 'zod';
import type { LoggedMove } from '#contracts/activities.ts';
import { UserError } from '#contracts/failures.ts';
import { versionTag } from '#contracts/names.ts';
import type { MadeVersion } from '#decisions/champion-of-then.ts';
import type { RegisteredVersion, Tracking } from '#ports/tracking.ts';

/** Of a version that was registered and never was champion. */
export const NEVER = 'not yet';

const Demoted = z.object({ at: z.iso.datetime(), to: z.string() });

export async function logMoves(
  registry: Pick<Tracking, 'version' | 'describeVersion'>,
  model: string,
  moves: readonly LoggedMove[],
): Promise<void> {
  const named = new Set(moves.flatMap(({ from, to }) => [from, to]));
  for (const name of named) {
    const version = name === null ? null : await registry.version(model, name);
    if (version === null) continue;
    const tags = news(version, moves);
    if (Object.keys(tags).length === 0) continue;
    await registry.describeVersion({ model, version: version.version, tags }).catch((error: unknown) => {
      // Somebody deleted the version meanwhile: the aliases are set, and nothing is undone for a tag.
      if (!(error instanceof UserError) || error.type === 'OutsideUnreachable') throw error;
    });
  }
}

/** Tags that are not there yet, by moves that are later than those that are. */
function news({ version, tags }: RegisteredVersion, moves: readonly LoggedMove[]): Record<string, string> {
  const known = historyOf(tags);
  const won = moves.findLast(({ to }) => to === version);
  const lost = moves.findLast(({ from, demotes }) => demotes && from === version);
  return {
    ...(won && !(known.since && known.since >= won.at) ? { [versionTag.champion]: won.at } : {}),
    ...(lost && !(known.demoted && known.demoted.at >= lost.at)
      ? { [versionTag.demoted]: JSON.stringify({ at: lost.at, to: lost.to }) }
      : {}),
  };
}

/** What a version's tags say of when it was champion; what cannot be read is not recorded. */
export function historyOf(tags: Readonly<Record<string, string>>): Pick<MadeVersion, 'since' | 'demoted'> {
  const { [versionTag.champion]: champion, [versionTag.demoted]: lost } = tags;
  const since = champion === NEVER ? null : z.iso.datetime().safeParse(champion).data;
  return { since, demoted: lost === undefined ? undefined : demotedOf(lost) };
}

function demotedOf(tag: string): MadeVersion['demoted'] {
  try {
    return Demoted.safeParse(JSON.parse(tag)).data;
  } catch {
    return undefined;
  }
}
