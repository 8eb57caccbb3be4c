/** What the demo promises to show, and whether this year did. */
import type { Decision } from '#contracts/decision.ts';
import type { Passed } from './run-year.ts';
import { BURST, commitId } from './year.ts';

export interface Seen {
  what: string;
  /** The day on which it was seen first; null: it was not. */
  where: string | null;
}

/** How a trigger of each kind must have come: from the workflow of a Temporal Schedule, of this type, or by a signal. */
const kinds = {
  newRows: 'watch',
  drift: 'watch',
  performance: 'watch',
  schedule: 'fire',
  codeChange: null,
} as const;

export function shown(passed: readonly Passed[]): Seen[] {
  const decisions = passed.flatMap((each) =>
    each.decisions.map((decision) => ({ ...decision, origins: each.origins })),
  );
  const runs = decisions.filter(({ outcome }) => outcome === 'run');
  const day = (found: Decision | undefined) => found?.at.slice(0, 10) ?? null;
  const held = (rule: string) =>
    decisions.find((each) => each.outcome === 'held' && each.held.some((hold) => hold.rule === rule));
  /** First said to be provisional, later judged. */
  const probation = (outcome: Decision['outcome']) =>
    decisions.find(
      (judged, index) =>
        judged.outcome === outcome &&
        decisions
          .slice(0, index)
          .some((each) => each.outcome === 'ended' && each.runId === judged.runId && /is provisional/.test(each.words)),
    );
  return [
    ...Object.entries(kinds).map(([kind, teller]) => ({
      what: teller
        ? `${kind} started a run: told by ${teller}, which a Temporal Schedule started`
        : `${kind} started a run: told by signal`,
      where: day(
        runs.find(({ reasons, origins }) =>
          reasons.some(
            (reason) =>
              reason.kind === kind && (teller === null || origins[reason.who]?.schedule.startsWith(`${teller}/`)),
          ),
        ),
      ),
    })),
    { what: 'one is held back by cool-down', where: day(held('coolDown')) },
    { what: 'one is held back by the budget', where: day(held('budget')) },
    {
      what: `a burst of ${BURST.length} is one run, with all of its reasons`,
      where: day(
        runs.find(({ reasons }) => {
          const told = new Set(reasons.flatMap(({ evidence }) => evidence));
          return BURST.every((commit) => told.has(commitId(commit)));
        }),
      ),
    },
    { what: 'a provisional promotion is confirmed by its labels', where: day(probation('confirmed')) },
    { what: 'a provisional promotion is rolled back by its labels', where: day(probation('rolledBack')) },
  ];
}
