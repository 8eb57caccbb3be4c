/**
 * Which version was champion as of a time: by what the versions were made for (`asOf`), never by the clock on the wall, so
 * that a walk backwards through the windows of a walk forwards judges against the same versions.
 */

/** A registered version that passed its gate. */
export interface MadeVersion {
  readonly version: string;
  /** ISO time of the run that made it; null: nobody recorded it. */
  readonly asOf: string | null;
}

export interface ChampionOfThen {
  /** Null: there was none then. */
  readonly version: string | null;
  /** The champion of now, where it was made for a later time than the run's: it may have been trained on the run's holdout. */
  readonly later: MadeVersion | null;
}

/**
 * @param champion version that holds the alias now; null: none does
 * @param versions every version of the model that Ratchet registered, the champion among them
 *
 * A champion that was made for this time or an earlier one, or whose time nobody recorded, counts as it is. Else the version
 * of the latest earlier time counts, of two of one time the newer one. A version that was rolled back counts, too: as of its
 * time it had been promoted.
 */
export function championOfThen(
  champion: string | null,
  versions: readonly MadeVersion[],
  asOf: string,
): ChampionOfThen {
  const now = versions.find(({ version }) => version === champion);
  const then = Date.parse(asOf);
  const time = (made: MadeVersion) => (made.asOf === null ? Number.NaN : Date.parse(made.asOf));
  if (!now || !(time(now) > then)) return { version: champion, later: null };
  const before = versions
    .filter((made) => time(made) < then)
    .sort((a, b) => time(a) - time(b) || Number(a.version) - Number(b.version));
  return { version: before.at(-1)?.version ?? null, later: now };
}
