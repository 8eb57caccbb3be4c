/** The year as a page of its own: what happened, what the loop decided, where each trigger came from. */

import type { Decision } from '#contracts/decision.ts';
import { type Html, html } from '#reports/html.ts';
import { code, note, page, section } from '#reports/page.ts';
import { table } from '#reports/table.ts';
import { what } from './lines.ts';
import { origin } from './origins.ts';
import type { Passed } from './run-year.ts';
import { type Seen, shown } from './shown.ts';
import { yearKey, yearPlot } from './year-plot.ts';

interface Row {
  passed: Passed;
  decision: Decision;
}

const tones: Partial<Record<Decision['outcome'], 'better' | 'worse'>> = {
  run: 'better',
  confirmed: 'better',
  rolledBack: 'worse',
};

export async function timeline(year: readonly Passed[], title: string): Promise<string> {
  const rows = year.flatMap((passed) => passed.decisions.map((decision) => ({ passed, decision })));
  const glance = section('At a glance', await yearPlot(rows.map(({ decision }) => decision)), note(yearKey));
  const seen = section(
    'What was to be seen',
    table<Seen>(
      'Each behaviour and when it was seen first',
      [
        { head: 'behaviour', cell: ({ what: behaviour }) => behaviour },
        {
          head: 'first seen',
          cell: ({ where }) => where ?? html`<strong class="worse">not in this year</strong>`,
        },
      ],
      shown(year),
      { stacked: true },
    ),
  );
  const decisions = section(
    'The year',
    table<Row>(
      'The loop’s decisions, oldest first',
      [
        { head: 'event time', cell: ({ decision }) => decision.at.slice(0, 16).replace('T', ' ') },
        {
          head: 'what happened',
          cell: ({ passed, decision }) => (decision === passed.decisions[0] ? passed.happening.words : null),
        },
        { head: 'decision', cell: ({ decision }) => decided(decision) },
        { head: 'evidence, and where it came from', cell: evidence },
      ],
      rows,
      { stacked: true, search: 'Find a decision' },
    ),
    note('Times are those of the data: the year 2013 passed in minutes, its schedules backfilled for their times.'),
    note(
      'September came first with the sign of its delays turned round, which this demo did to it. All other figures are those of the flights.',
    ),
  );
  return page({
    title,
    lead: 'Every trigger, where it came from, what held it back, and what came of it.',
    sections: [glance, seen, decisions],
  });
}

function decided(decision: Decision): Html {
  const tone = tones[decision.outcome];
  return html`<div><strong${tone ? html` class="${tone}"` : null}>${decision.outcome}</strong> <span class="why">${what(decision)}</span></div>`;
}

function evidence({ passed, decision }: Row): Html | null {
  if (decision.reasons.length === 0) return null;
  return html`<div>${decision.reasons.map(
    (reason) =>
      html`<div><strong>${reason.kind}</strong> ${reason.words} <span class="why">from ${code(origin(reason, passed.origins))}</span></div>`,
  )}</div>`;
}
