/** Data drift or concept drift: what moved, and what that rests on. */
import type { DriftFinding } from '#contracts/estimate.ts';
import { type Html, html } from './html.ts';
import { clipped } from './numbers.ts';
import { section } from './page.ts';
import { table } from './table.ts';

const words: Record<DriftFinding['kind'], string> = {
  none: 'Nothing moved',
  data: 'Data drift: what comes in has moved',
  concept: 'Concept drift: what the data means has moved',
  both: 'Data and concept drift: what comes in and what it means have both moved',
  unknown: 'What moved is not known',
};

/** For the verdict on top: the finding in one line. */
export const findingWord = ({ kind }: DriftFinding): Html => html`<strong>${words[kind]}</strong>`;

interface Row {
  readonly asked: string;
  readonly how: string;
  readonly answer: Html;
  readonly why: readonly string[];
}

export function findingSection({ summary, data, concept, performance }: DriftFinding): Html {
  const tag = (moved: boolean | null, yes: string, no: string) =>
    moved === null
      ? html`<span class="tag soft">? not known</span>`
      : html`<span class="tag ${moved ? 'bad' : 'good'}">${moved ? `✗ ${yes}` : `✓ ${no}`}</span>`;
  const rows: Row[] = [
    {
      asked: 'What comes in',
      how: 'P(X): drift tests of the features',
      answer: tag(data.seen, 'moved', 'same'),
      why: data.why,
    },
    {
      asked: 'What it means',
      how: 'P(Y|X): labels beside what was expected',
      answer: tag(concept.seen, 'moved', 'same'),
      why: concept.why,
    },
    {
      asked: 'Performance',
      how: 'realized where labels have come, else estimated',
      answer: tag(performance.holds === null ? null : !performance.holds, 'fell', 'holds'),
      why: performance.why,
    },
  ];
  return section(
    'Data or concept?',
    html`<p>${clipped(summary, 600)}</p>`,
    table(
      'What moved, and what that rests on',
      [
        { head: 'Asked', cell: ({ asked, how }) => html`${asked}<span class="why">${how}</span>` },
        { head: 'Answer', cell: ({ answer }) => answer },
        {
          head: 'Why',
          cell: ({ why }) =>
            html`${why.slice(0, 12).map((each) => html`<span class="line">${clipped(each, 300)}</span>`)}`,
        },
      ],
      rows,
      { stacked: true },
    ),
  );
}
