/** What the demo is to show, and whether this year did. */
import type { Passed } from './run-year.ts';

export function shown(passed: readonly Passed[]): { what: string; where: string | null }[] {
  const decisions = passed.flatMap((each) => each.decisions);
  const runs = decisions.filter(({ outcome }) => outcome === 'run');
  const first = (found: (typeof decisions)[number] | undefined) => found?.at.slice(0, 10) ?? null;
  const kinds = ['newRows', 'drift', 'performance', 'schedule', 'codeChange'] as const;
  const held = (rule: string) =>
    decisions.find((each) => each.outcome === 'held' && each.held.some((hold) => hold.rule === rule));
  return [
    ...kinds.map((kind) => ({
      what: `${kind} started a run`,
      where: first(runs.find(({ reasons }) => reasons.some((reason) => reason.kind === kind))),
    })),
    { what: 'one is held back by cool-down', where: first(held('coolDown')) },
    { what: 'one is held back by the budget', where: first(held('budget')) },
    {
      what: 'a burst is one run',
      where: first(
        runs.find(({ reasons }) => reasons.some(({ evidence }) => evidence.length > 1) || reasons.length > 1),
      ),
    },
    {
      what: 'a promotion is confirmed by its labels',
      where: first(decisions.find(({ outcome }) => outcome === 'confirmed')),
    },
    {
      what: 'a promotion is rolled back by its labels',
      where: first(decisions.find(({ outcome }) => outcome === 'rolledBack')),
    },
  ];
}
