/** The year as a page of its own: what happened, what the loop decided, where each trigger came from. */
import { html } from '#activities/reports/html.ts';
import { note, page, section } from '#activities/reports/page.ts';
import { table } from '#activities/reports/table.ts';
import type { Decision } from '#contracts/triggers.ts';
import type { Passed } from './run-year.ts';
import { shown } from './shown.ts';

export function timeline(passed: readonly Passed[]): string {
  const rows = passed.flatMap(({ happening, decisions }) => decisions.map((decision) => ({ happening, decision })));
  const decisions = section(
    'Decisions',
    table<{ happening: Passed['happening']; decision: Decision }>(
      'The loop’s decisions in the order of their event times',
      [
        { head: 'event time', cell: ({ decision }) => decision.at.slice(0, 16).replace('T', ' ') },
        { head: 'what happened', cell: ({ happening }) => happening.words },
        { head: 'decision', cell: ({ decision }) => html`<strong>${decision.outcome}</strong>` },
        { head: 'why', cell: ({ decision }) => decision.words },
        {
          head: 'from',
          cell: ({ decision }) => [...new Set(decision.reasons.map(({ source }) => source).filter(Boolean))].join(', '),
        },
      ],
      rows,
      { stacked: true, search: 'Find a decision' },
    ),
    note('Times are those of the data: the year 2013 passed in minutes.'),
  );
  const seen = section(
    'What was to be seen',
    table(
      'Each behaviour and when it was seen first',
      [
        { head: 'behaviour', cell: ({ what }) => what },
        { head: 'first seen', cell: ({ where }) => where ?? 'not in this year' },
      ],
      shown(passed),
    ),
  );
  return page({
    title: 'The loop of flights-monthly through 2013',
    lead: 'Every trigger, what held it back, and what came of it.',
    sections: [seen, decisions],
  });
}
