/** What a feature, view or service means, how new its sources are, how its values are spread, and who uses it. */
import type { QualityColumn } from '#contracts/quality.ts';
import { html } from '../html.ts';
import { count, counted, moment, span } from '../numbers.ts';
import { facts, note, page, section } from '../page.ts';
import { columnsSections } from '../quality/columns-section.ts';
import { table } from '../table.ts';

export interface Described {
  readonly name: string;
  readonly definitions: readonly {
    readonly kind: string;
    readonly facts: readonly (readonly [string, string])[];
    /** Of a view. */
    readonly features: readonly {
      readonly name: string;
      readonly type: string;
      readonly what: string;
      readonly description: string;
    }[];
  }[];
  readonly sources: readonly {
    readonly view: string;
    readonly source: string;
    readonly ttl: string;
    readonly rows: number;
    readonly entities: number;
    /** ISO. */
    readonly oldest: string | null;
    readonly newest: string | null;
    /** Of the newest event. */
    readonly ageSeconds: number | null;
    readonly written: string | null;
    readonly at: string;
    readonly looked: number;
  }[];
  /** By `view:feature`. */
  readonly columns: readonly QualityColumn[];
  readonly usedBy: readonly string[];
  readonly models: readonly {
    readonly model: string;
    readonly version: string;
    readonly champion: boolean;
    readonly service: string;
  }[];
}

export function describePage({ name, definitions, sources, columns, usedBy, models }: Described): string {
  const kinds = definitions.map(({ kind }) => kind).join(', ');
  const looked = sources.map(
    ({ view, at, looked }) => `${view} of ${counted(looked, 'entity', 'entities')} as of ${moment(at)}`,
  );
  return page({
    title: `Features: ${name}`,
    lead: `${kinds}, used by ${counted(usedBy.length, 'definition')} and ${counted(models.length, 'model version')}`,
    sections: [
      ...definitions.map(({ kind, facts: said, features }) =>
        section(
          `Definition of the ${kind}`,
          facts(said),
          features.length === 0
            ? null
            : table(
                'Features',
                [
                  { head: 'Feature', cell: (each) => each.name },
                  { head: 'Type', cell: (each) => each.type },
                  { head: 'What', cell: (each) => each.what },
                  { head: 'Description', cell: (each) => each.description },
                ],
                features,
                { stacked: true },
              ),
        ),
      ),
      sources.length === 0
        ? null
        : section(
            'Freshness',
            table(
              'Freshness',
              [
                { head: 'View', cell: ({ view, source }) => html`${view}<span class="why">${source}</span>` },
                {
                  head: 'Newest event',
                  cell: ({ newest, ageSeconds }) =>
                    html`${moment(newest)}${ageSeconds === null ? null : html`<span class="why">${ageSeconds < 0 ? 'ahead of now' : `${span(ageSeconds)} ago`}</span>`}`,
                },
                { head: 'Newest written', cell: ({ written }) => moment(written) },
                { head: 'Oldest event', cell: ({ oldest }) => moment(oldest) },
                { head: 'ttl', cell: ({ ttl }) => (ttl === '0' ? 'never expires' : ttl) },
                { head: 'Rows', number: true, cell: ({ rows }) => count(rows) },
                { head: 'Entities', number: true, cell: ({ entities }) => count(entities) },
              ],
              sources,
              { stacked: true },
            ),
            note('Of the rows that have their keys and a time. Times are UTC.'),
          ),
      ...columnsSections({ columns, reference: null }),
      columns.length === 0
        ? null
        : section(
            'How the figures came about',
            ...looked.map((each) => note(`${each}.`)),
            note('Missing is what has no row, a null, or a row older than the ttl.'),
          ),
      section(
        'Used by',
        usedBy.length + models.length === 0 ? note('Nothing.') : null,
        usedBy.length === 0 ? null : html`<ul>${usedBy.map((each) => html`<li>${each}</li>`)}</ul>`,
        models.length === 0
          ? null
          : table(
              'Models',
              [
                { head: 'Model', cell: ({ model }) => model },
                { head: 'Version', cell: ({ version, champion }) => `${version}${champion ? ' (champion)' : ''}` },
                { head: 'Trained with', cell: ({ service }) => service },
              ],
              models,
            ),
      ),
    ].filter((each) => each !== null),
  });
}
