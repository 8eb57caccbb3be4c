/** The story of a registered model, from what outlives Temporal's histories: its versions, who was champion when, what became of each. Pure. */

import type { Decision } from '#contracts/decision.ts';
import { type alias, versionTag } from '#contracts/names.ts';

/** A version as the registry has it. */
export interface StoryVersion {
  readonly version: string;
  readonly tags: Readonly<Record<string, string>>;
  /** MLflow's word: Production, Staging, Archived, None; absent where the server has no stages. */
  readonly stage?: string | undefined;
}
/** A move of the champion; `to` is `none` where nobody became champion. */
export interface StoryMove {
  readonly epoch: number;
  readonly kind: 'promotion' | 'rollback' | 'by-hand';
  readonly from: string | null;
  readonly to: string;
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

/** A time as champion. */
export interface Reign {
  readonly version: string;
  readonly from: string;
  /** Null: still. */
  readonly until: string | null;
  readonly began: StoryMove['kind'];
  readonly ended: StoryMove['kind'] | null;
  readonly by: string;
  readonly reason: string;
}
export interface VersionLine {
  readonly version: string;
  readonly stage: string | null;
  readonly digest: string | null;
  readonly verdict: string | null;
  /** The champion that it was judged against. */
  readonly against: string | null;
  readonly reasons: readonly string[];
  readonly approvedBy: string | null;
  readonly run: string | null;
  readonly trigger: string | null;
  /** What it was trained on: digest of the data, and the time that it was made for. */
  readonly data: string | null;
  readonly asOf: string | null;
  /** `NAME@sha256:…` of the service that its features are of. */
  readonly featureService: string | null;
  readonly reigns: readonly Reign[];
}
/** A provisional promotion and how it ended, or a move that a watch found. */
interface Probation {
  readonly at: string;
  readonly pipeline: string;
  readonly outcome: Decision['outcome'];
  readonly words: string;
}
export interface ModelStory {
  readonly model: string;
  readonly champion: string | null;
  readonly previous: string | null;
  /** Newest first. */
  readonly versions: readonly VersionLine[];
  /** Newest first. */
  readonly reigns: readonly Reign[];
  readonly moves: Readonly<Record<StoryMove['kind'], number>>;
  /** Newest first. */
  readonly probations: readonly Probation[];
}

/** Decisions of a loop that are about the champion, and not about the next run. */
const ofChampions: readonly Decision['outcome'][] = [
  ...(['promoted', 'confirmed', 'rolledBack', 'unjudged', 'rollback-failed', 'alias'] as const),
];

/**
 * @param holders who holds the aliases now, by MLflow
 * @param moves in any order; a ledger that began anew counts from 1 again, so that their times order them
 */
export function modelStory(
  model: string,
  told: {
    readonly versions: readonly StoryVersion[];
    readonly holders: Readonly<Record<'champion' | 'previous', string | null>>;
    readonly moves: readonly StoryMove[];
    readonly decisions: readonly Decision[];
  },
): ModelStory {
  const moves = told.moves.toSorted((a, b) => (a.at === b.at ? a.epoch - b.epoch : a.at < b.at ? -1 : 1));
  const reigns = reignsOf(moves).reverse();
  const counted = (kind: StoryMove['kind']) => moves.filter((move) => move.kind === kind).length;
  const byVersion = new Map<string, Reign[]>();
  for (const reign of reigns) byVersion.set(reign.version, [...(byVersion.get(reign.version) ?? []), reign]);
  return {
    model,
    ...told.holders,
    versions: told.versions.map((each) => lineOf(each, byVersion.get(each.version) ?? [])).sort(newestFirst),
    reigns,
    moves: { promotion: counted('promotion'), rollback: counted('rollback'), 'by-hand': counted('by-hand') },
    probations: told.decisions
      .filter(({ outcome }) => ofChampions.includes(outcome))
      .map(({ at, pipeline, outcome, words }) => ({ at, pipeline, outcome, words }))
      .sort((a, b) => (a.at < b.at ? 1 : -1)),
  };
}

const newestFirst = (a: VersionLine, b: VersionLine) => Number(b.version) - Number(a.version);

function reignsOf(moves: readonly StoryMove[]): Reign[] {
  return moves.flatMap(({ to, at, kind, by, reason }, place) => {
    if (to === 'none') return [];
    const next = moves[place + 1];
    return [{ version: to, from: at, until: next?.at ?? null, began: kind, ended: next?.kind ?? null, by, reason }];
  });
}

function lineOf({ version, tags, stage }: StoryVersion, reigns: readonly Reign[]): VersionLine {
  const tag = (name: string) => tags[name] ?? null;
  return {
    version,
    stage: stage === undefined || stage === 'None' ? null : stage,
    digest: tag(versionTag.digest),
    verdict: tag('ratchet.verdict'),
    against: tag('ratchet.verdict.against'),
    reasons: tag('ratchet.reasons')?.split('\n') ?? [],
    approvedBy: tag('ratchet.approved.by'),
    run: tag('ratchet.run'),
    trigger: tag('ratchet.trigger'),
    data: tag('ratchet.data'),
    asOf: tag(versionTag.asOf),
    featureService: tag(versionTag.featureService),
    reigns,
  };
}
