/**
 * Which version was champion as of a time: by what the versions were made for (`asOf`), never by the clock on the wall, so
 * that a walk backwards through the windows of a walk forwards judges against the same versions.
 */

/** A registered version that passed its gate. */
export interface MadeVersion {
  readonly version: string;
  /** ISO time of the run that made it; null: nobody recorded it. */
  readonly asOf: string | null;
  /** When it became champion last, ISO, by the clock; null: it never was; undefined: nobody recorded it. */
  readonly since?: string | null | undefined;
  /** When a rollback, or a hand in MLflow, last took the alias from it, by the clock, and who got it. */
  readonly demoted?: { readonly at: string; readonly to: string } | undefined;
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
 * of the latest earlier time counts, of two of one time the newer one; one that never was champion does not count, and of
 * one that was demoted by then the version counts that took its place.
 */
export function championOfThen(
  champion: string | null,
  versions: readonly MadeVersion[],
  asOf: string,
): ChampionOfThen {
  const now = versions.find(({ version }) => version === champion);
  const then = Date.parse(asOf);
  if (!now || !(madeFor(now) > then)) return { version: champion, later: null };
  const before = versions
    .filter((made) => madeFor(made) < then && made.since !== null)
    .sort((a, b) => madeFor(a) - madeFor(b) || Number(a.version) - Number(b.version));
  const left = new Set(before);
  for (let last = before.at(-1); last; ) {
    if (!wasDemoted(last, versions, then)) return { version: last.version, later: now };
    left.delete(last);
    const { to } = last.demoted;
    if (to === 'none') break;
    last = [...left].find(({ version }) => version === to) ?? [...left].at(-1);
  }
  return { version: null, later: now };
}

const madeFor = ({ asOf }: MadeVersion): number => (asOf === null ? Number.NaN : Date.parse(asOf));

type Demoted = MadeVersion & { readonly demoted: NonNullable<MadeVersion['demoted']> };

/**
 * Demotions are known by the clock. Where the next champion after one was made for a time before it, runs were made for the
 * past then and the clock says nothing of their order: what was taken back counts as taken back from the start.
 */
function wasDemoted(made: MadeVersion, versions: readonly MadeVersion[], then: number): made is Demoted {
  if (!made.demoted) return false;
  const at = Date.parse(made.demoted.at);
  // It came back since.
  if (made.since && Date.parse(made.since) > at) return false;
  const newer = versions.filter((each) => each.since && Date.parse(each.since) > at && madeFor(each) > madeFor(made));
  return at < then || newer.some((next) => madeFor(next) < at);
}
