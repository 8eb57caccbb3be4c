import type { QualityReport, TimeLine } from '#contracts/quality.ts';
import { type Html, html } from '../html.ts';
import { amount, clipped, count, moment, span } from '../numbers.ts';
import { facts, note, section } from '../page.ts';
import { distribution } from '../sparkline.ts';
import { table } from '../table.ts';

/** When the rows are from: how many over time, holes, doubles. */
export function timeSection({ time, reference }: QualityReport): Html | null {
  if (!time || time.current.rows.length === 0) return null;
  const { current } = time;
  const last = Date.parse(current.last ?? '');
  const edges = [...current.rows.map(({ from }) => Date.parse(from)), last];
  const shape = {
    by: 'bin',
    of: 'time',
    edges,
    current: current.rows.map(({ rows }) => rows),
    reference: null,
  } as const;
  const most = Math.max(...shape.current);
  return section(
    `Time: ${clipped(current.column)}`,
    html`<figure><figcaption>Rows over time</figcaption>${distribution(shape, `Rows over time in ${edges.length - 1} equal spans, at most ${count(most)} in one`)}</figure>`,
    html`<div class="beside">${facts([...lines(current), ...(time.reference && reference ? ([['Reference', `${moment(time.reference.first)} to ${moment(time.reference.last)}, ${count(time.reference.duplicates)} double times, ${count(time.reference.gapCount)} gaps`]] as const) : [])])}${gaps(current)}</div>`,
    current.gapFrom === null
      ? null
      : note(`A gap is a pause of more than ${span(current.gapFrom)}; most rows are ${span(current.step ?? 0)} apart.`),
  );
}

const lines = (line: TimeLine): [string, string][] => [
  ['First', moment(line.first)],
  ['Last', moment(line.last)],
  ['Rows at a time that an earlier row has', count(line.duplicates)],
  ['Rows without a time', count(line.missing)],
  ['Gaps', count(line.gapCount)],
];

/** Gaps that the page lists. */
const LISTED = 8;

function gaps({ gaps: all, gapCount, step }: TimeLine): Html | null {
  const list = all.slice(0, LISTED);
  if (list.length === 0) return null;
  return html`<div class="small">${table(
    'Longest gaps',
    [
      { head: list.length < gapCount ? `The ${list.length} longest gaps` : 'Gaps', cell: ({ from }) => moment(from) },
      { head: 'until', cell: ({ to }) => moment(to) },
      { head: 'long', number: true, sortBy: ({ seconds }) => seconds, cell: ({ seconds }) => span(seconds) },
      {
        head: 'steps',
        number: true,
        cell: ({ seconds }) => (step && step > 0 ? amount(Math.round(seconds / step)) : '–'),
      },
    ],
    list,
  )}</div>`;
}
