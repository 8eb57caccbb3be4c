/** What a gate says of holdout rows that a side was trained on: they are in no figure, for either side. */
import type { Overlap, OverlapSide } from '#contracts/overlap.ts';
import type { TimeWindow } from '#contracts/training-rows.ts';
import type { Figures } from './directions.ts';
import type { Finding } from './finding.ts';
import { versionName } from './words.ts';

/** Fewer rows that neither side has seen decide nothing: as many as a slice needs to carry a metric, by default. */
export const LEAST_ROWS = 100;

/** Why there is nothing left to judge on, and what to do; null when enough is left. */
export function judgeOverlap(evidence: Figures): Finding | null {
  const { overlap, rows } = evidence;
  if (!overlap || overlap.rows === 0) return null;
  const left = rows - overlap.rows;
  if (left >= LEAST_ROWS) return null;
  const seen = overlap.sides.filter((side) => side.rows > 0).map((side) => whatWasSeen(side, evidence));
  return {
    outcome: 'refused',
    reason: `${left === 0 ? 'none' : `only ${count(left)}`} of the ${count(rows)} holdout rows ${left < 2 ? 'is' : 'are'} left to judge on, and the gate needs ${LEAST_ROWS}: ${seen.join('; ')}. ${advice(overlap)}`,
    distance: ['rows', LEAST_ROWS - left],
  };
}

/** Told, whatever the verdict is. */
export function overlapNotes(evidence: Figures): string[] {
  const { overlap, rows } = evidence;
  if (!overlap) return [];
  return overlap.sides.flatMap((side) => [
    ...(side.rows > 0
      ? [
          `note: ${count(side.rows)} of ${count(rows)} holdout rows were left out for both sides: ${whatWasSeen(side, evidence)}`,
        ]
      : []),
    ...(side.unknown ? [`note: ${notKnown(side, evidence)}`] : []),
  ]);
}

/** What nobody knows of the rows that either side was trained on. */
export const unknownTraining = (evidence: Figures): string[] =>
  (evidence.overlap?.sides ?? []).filter(({ unknown }) => unknown).map((side) => notKnown(side, evidence));

/** `champion v3 was trained on 2013-05-01 up to 2013-07-30 (time_hour), and they lie in that time`. */
function whatWasSeen(side: OverlapSide, evidence: Figures): string {
  const windows = side.windows.map(windowText).join(' and ');
  if (windows === '') return `${nameOf(side, evidence)} was trained on these very rows`;
  return `${nameOf(side, evidence)} was trained on rows from ${windows}, and they lie in that time`;
}

function notKnown(side: OverlapSide, evidence: Figures): string {
  const name = nameOf(side, evidence);
  const nothing = side.training.length === 0 || side.training.some(({ digest }) => digest === null);
  return nothing
    ? `unknown training rows: which rows ${name} was trained on is not recorded, so whether it has seen rows of this holdout is not known`
    : `whether ${name} was trained on rows of this holdout is not known: without a time column on both sides their rows cannot be compared`;
}

function advice({ holdout, sides }: Overlap): string {
  const ends = sides.flatMap(({ windows }) => windows.map(({ to }) => Date.parse(to)));
  if (ends.length === 0 || !holdout)
    return 'Give evaluate a holdout that no trainer was given, such as featurize’s `holdout` of the same split.';
  const latest = Math.max(...ends);
  const days = Math.ceil((latest - Date.parse(holdout.from)) / 86_400_000);
  return `Run as of a time at least ${days} ${days === 1 ? 'day' : 'days'} later, so that the holdout begins at ${instant(latest)} or after, or make a version champion that was trained on earlier rows (\`ratchet rollback\`).`;
}

const nameOf = ({ side }: OverlapSide, { champion }: Figures): string =>
  side === 'champion' && champion ? `champion ${versionName(champion.version)}` : `the ${side}`;

const count = (rows: number): string => rows.toLocaleString('en-US');

/** `2013-05-01 up to 2013-07-30T10:00:00.001Z (time_hour)`. */
export const windowText = ({ column, from, to }: TimeWindow): string =>
  `${instant(Date.parse(from))} up to ${instant(Date.parse(to) - 1)} (${column})`;

/** A day, or a time of it. */
const instant = (time: number): string =>
  new Date(time).toISOString().replace('T00:00:00.000Z', '').replace('.000Z', 'Z');
