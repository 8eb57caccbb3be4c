/**
 * Which stage each version belongs into, as pure functions of the ledger: the champion is in Production, the newest version
 * that is registered and waits in Staging, and who was one of the two is Archived.
 *
 * Holds always: one version at most in Production, which is the champion; one at most in Staging; no version twice.
 */
import type { Standing } from '#contracts/activities.ts';
import type { ArchiveRequest, Ledger, StagedVersion } from '#contracts/messages.ts';

/** Archived versions that are remembered, and told to MLflow with each write. */
const ARCHIVED_KEPT = 20;
/** Characters of a reason. */
const WHY = 300;
/** Differences that are kept in words. */
const FOUND_KEPT = 20;

type Cause = Pick<StagedVersion, 'by' | 'at' | 'reason'>;

export const stageOf = ({ stages = [] }: Standing, version: string): StagedVersion | undefined =>
  stages.find((each) => each.version === version);

/** After a registration. The same ledger where the version waits for nothing: it is champion, or was put away before. */
export function waits(ledger: Ledger, version: string, cause: Cause): Ledger {
  if (version === ledger.champion || stageOf(ledger, version)) return ledger;
  const waiting = ledger.stages?.find(({ stage }) => stage === 'Staging');
  if (waiting && Number(waiting.version) > Number(version)) return ledger;
  const replaced = waiting
    ? [entry(waiting.version, 'Archived', { ...cause, reason: `version ${version} waits in its place` })]
    : [];
  return put(ledger, ...replaced, entry(version, 'Staging', cause));
}

/** After a move of the champion; `to` null: nobody is. */
export function afterMove(ledger: Ledger, to: string | null, cause: Cause): Ledger {
  const { champion } = ledger;
  const reason =
    to === null ? `champion no more: ${cause.reason}` : `version ${to} is champion in its place: ${cause.reason}`;
  return put(
    ledger,
    ...(champion === null || champion === to ? [] : [entry(champion, 'Archived', { ...cause, reason })]),
    ...(to === null ? [] : [entry(to, 'Production', cause)]),
  );
}

/** A person puts a version away; null: somebody has done so before. @param request of a version that is not champion */
export function archived(ledger: Ledger, { version, by, reason }: ArchiveRequest, at: string): Ledger | null {
  if (stageOf(ledger, version)?.person) return null;
  return put(ledger, { ...entry(version, 'Archived', { by, at, reason }), person: true });
}

/** After MLflow was told: what it follows now. A worker of before says nothing, and nothing is held against MLflow then. */
export function told(
  ledger: Ledger,
  answer: { kept?: Ledger['inStep']; note?: string | undefined } | undefined,
): Ledger {
  const { byHand } = ledger;
  return {
    ...ledger,
    inStep: answer?.kept,
    note: answer?.note,
    ...(byHand && answer?.kept ? { byHand: { ...byHand, open: false } } : {}),
  };
}

/** Notes what differs from the ledger in MLflow: each find once, with a number. Absent: nobody looked. */
export function foundApart(ledger: Ledger, apart: readonly string[] | undefined, at: string): Ledger {
  if (!apart) return ledger;
  const { byHand } = ledger;
  if (apart.length === 0) return byHand?.open ? { ...ledger, byHand: { ...byHand, open: false } } : ledger;
  const found = apart.slice(0, FOUND_KEPT).map((words) => words.slice(0, WHY));
  if (byHand?.open && byHand.found.join('\n') === found.join('\n')) return ledger;
  return { ...ledger, byHand: { number: (byHand?.number ?? 0) + 1, at, found, open: true } };
}

const entry = (version: string, stage: StagedVersion['stage'], { by, at, reason }: Cause): StagedVersion => ({
  ...{ version, stage, by, at },
  reason: reason.slice(0, WHY),
});

function put(ledger: Ledger, ...entries: StagedVersion[]): Ledger {
  const fresh = new Set(entries.map(({ version }) => version));
  const kept = (ledger.stages ?? []).filter(({ version }) => !fresh.has(version));
  const all = [...kept, ...entries];
  const surplus = all.filter(({ stage }) => stage === 'Archived').slice(0, -ARCHIVED_KEPT);
  return { ...ledger, stages: all.filter((each) => !surplus.includes(each)) };
}
