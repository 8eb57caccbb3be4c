/** A promotion is provisional until labels say that it was one for the better. */
import { milliseconds } from '#contracts/duration.ts';
import type { Cohort, Judgement, LoopMemory } from '#contracts/loop/activities.ts';
import type { Provisional } from '#contracts/loop/answers.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { percent } from '../gate/words.ts';
import { later } from './clock.ts';
import { plain } from './finding.ts';

/** Cohorts that are measured at once: each reads rows and asks two models. */
const AT_ONCE = 10;

/** Those that nobody judges yet; none while as many as may be are judged: the end of one of these is waited for. */
export function mayBeJudged(provisional: readonly Cohort[]): readonly Cohort[] {
  const waiting = provisional.filter(({ judging }) => !judging);
  return provisional.length - waiting.length < AT_ONCE ? waiting : [];
}

/** Those whose labels are in at event time `at`, and that are to be judged now. */
export function matured({ provisional, labelsUntil }: LoopMemory, policy: LoopPolicy, at: string): Provisional[] {
  const cohort = policy.watch?.provisional?.cohort;
  const judging = provisional.filter((each) => each.judging).length;
  return mayBeJudged(provisional)
    .filter(({ maturesAt, promotedAt, again }) => {
      if (Date.parse(maturesAt) <= Date.parse(at)) return true;
      // Labels may come sooner than they must. They are there still when they were too few: then it is time that is waited for.
      if (again || !cohort || !labelsUntil) return false;
      return Date.parse(labelsUntil) >= Date.parse(later(promotedAt, milliseconds(cohort)));
    })
    .slice(0, AT_ONCE - judging)
    .map(promotion);
}

/** Probations that are open at once. Few hundred bytes each, and all of them are in each decision's memory. */
const OPEN = 100;

/** A probation that ended without being judged. */
export interface Ended {
  runId: string;
  words: string;
}

/** Promotions whose probations are remembered as begun: more than the ledger tells back. */
const BEGUN = 60;
const OVERTAKEN = 20;
/** Stands for the ledger's number where an end of before does not tell it. */
const UNKNOWN = '?';

interface Told {
  version: string;
  epoch?: number;
}
const named = ({ version, epoch }: Told) => `${epoch ?? UNKNOWN}/${version}`;

/** Whether the promotion had its probation: it is told by its run's end and by the ledger, in whatever order, maybe more than once. */
export function hasBegun({ begun = [] }: LoopMemory, told: Told): boolean {
  return told.epoch === undefined
    ? begun.some((each) => each.slice(each.indexOf('/') + 1) === told.version)
    : begun.includes(named(told)) || begun.includes(named({ version: told.version }));
}

export const noted = ({ begun = [] }: LoopMemory, told: Told): string[] => [...begun, named(told)].slice(-BEGUN);

/**
 * A promotion's probation begins. Where too many are open the oldest is taken over by the one whose champion replaced its own,
 * which is judged against the champion before both.
 */
export function begun(
  { provisional, overtaken = [], run }: Pick<LoopMemory, 'provisional' | 'overtaken' | 'run'>,
  { watch }: LoopPolicy,
  { runId, version, previous }: Pick<Provisional, 'runId' | 'version'> & { previous: string | null },
  promotedAt: string,
): { provisional: Cohort[]; ended: Ended[] } {
  if (!watch?.provisional || previous === null) return { provisional: [...provisional], ended: [] };
  const maturesAt = later(promotedAt, milliseconds(watch.provisional.cohort) + milliseconds(watch.labelsAfter));
  const cohort = { runId, version, previous, promotedAt, maturesAt, judging: false };
  // A state of before remembers one such champion, with the run that went on.
  const worse = [...(run?.runId === runId && run.worse ? [run.worse] : []), ...overtaken];
  const all = [...provisional, ...worse.reduce(judgedAgainst, [cohort])];
  const oldest = all.find(({ judging }) => !judging);
  if (all.length <= OPEN || !oldest) return { provisional: all, ended: [] };
  const rest = all.filter((each) => each !== oldest);
  const heirs = rest.filter((each) => each.previous === oldest.version && !each.judging);
  const over = heirs.map(({ version }) => `; version ${version} is judged against version ${oldest.previous} now`);
  const words = `version ${oldest.version} is not judged: ${OPEN} later promotions wait for their labels${over.join('')}`;
  return {
    provisional: rest.map((each) => (heirs.includes(each) ? { ...each, previous: oldest.previous } : each)),
    ended: [{ runId: oldest.runId, words }],
  };
}

/** Without what is remembered of its judgement. */
export function promotion({ judging: _judging, again: _again, worse: _worse, ...rest }: Cohort): Provisional {
  return rest;
}

/** A cohort without enough labels, or whose rollback was refused, is looked at again after this, event time. */
const PATIENCE_MS = 86_400_000;

/** What it was found to be is found anew then. */
export function lookedAtLater({ worse: _worse, ...cohort }: Cohort, at: string): Cohort {
  return { ...cohort, judging: false, again: true, maturesAt: later(at, PATIENCE_MS) };
}

/** Those over `version`, which is worse than `previous`, are measured by that one, and rolled back to it. */
function judgedAgainst(cohorts: Cohort[], { version, previous }: Overtaken): Cohort[] {
  return cohorts.map((each) => (each.previous === version ? { ...each, previous } : each));
}
type Overtaken = Pick<Provisional, 'version' | 'previous'>;

/**
 * It turned out worse, and another one took its place already: for being better than it, which says little now.
 * @returns what changes, and in words what is judged otherwise
 */
export function overtaken(
  { provisional, overtaken: before = [] }: LoopMemory,
  { version, previous }: Overtaken,
): { memory: Pick<LoopMemory, 'provisional' | 'overtaken'>; words: string } {
  const worse = { version, previous };
  const over = provisional.filter((each) => each.previous === version);
  return {
    // A run that goes on, or one beside the loop, may have promoted one that is not told yet.
    memory: { provisional: judgedAgainst(provisional, worse), overtaken: [...before, worse].slice(-OVERTAKEN) },
    words: over.map((each) => `; version ${each.version} is judged against version ${previous} now`).join(''),
  };
}

export interface CohortVerdict {
  outcome: 'confirmed' | 'worse' | 'unknown';
  words: string;
  /** In the metric's unit, positive when the new champion is better; NaN when it was not measured. */
  difference: number;
}

/**
 * Back, when the whole interval of the difference lies below what is tolerated: of champions that are as good as the one
 * before, at most half of what the confidence leaves is taken back (2.5 % at 95 %), once for each promotion. Else it stays.
 */
export function judgeCohort(judgement: Judgement, tolerance: number): CohortVerdict {
  const { champion, previous, higherIsBetter, metric, version, rows, interval } = judgement;
  if (champion === null || previous === null)
    return {
      outcome: 'unknown',
      difference: Number.NaN,
      words: `version ${version} cannot be judged yet: ${plain(rows)} labelled rows of its cohort are too few for ${metric}`,
    };
  const difference = higherIsBetter ? champion - previous : previous - champion;
  const { lower, upper } = interval ?? { lower: difference, upper: difference };
  const known = interval
    ? ` (${percent(interval.confidence)} interval of the difference ${plain(lower)} to ${plain(upper)})`
    : '';
  const figures = `${metric} ${plain(champion)} against ${plain(previous)} of the one before, on ${plain(rows)} labelled rows${known}`;
  const limit = `${plain(tolerance)} is tolerated`;
  if (upper < -tolerance)
    return { outcome: 'worse', difference, words: `version ${version} turned out worse: ${figures}, ${limit}` };
  const shown =
    lower >= -tolerance ? `is confirmed: ${figures}` : `stays, as nothing shows it worse: ${figures}, ${limit}`;
  return { outcome: 'confirmed', difference, words: `version ${version} ${shown}` };
}
