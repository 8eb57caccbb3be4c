/** Every column: a table to sort and search, and a card with its distribution and figures. */
import type { ColumnSummary, QualityColumn, QualityReport } from '#contracts/quality.ts';
import type { Figure } from '#contracts/trigger.ts';
import { type Html, html } from '../html.ts';
import { amount, clipped, count, moment, name, percent } from '../numbers.ts';
import { note, section } from '../page.ts';
import { distribution, shapeInWords, sparkline } from '../sparkline.ts';
import { type Column, table } from '../table.ts';
import { sidesKey } from '../tiles.ts';

/** Rows of the table and cards of a page: it stays below 2 MB whatever the data is; the JSON has all. */
const LISTED = 600;
const CARDS = 200;

export function columnsSections(report: {
  readonly columns: readonly QualityColumn[];
  readonly reference: QualityReport['reference'];
}): Html[] {
  const { columns, reference } = report;
  if (columns.length === 0) return [];
  const compared = reference !== null;
  const listed = columns.length > LISTED ? mostMissing(columns).slice(0, LISTED) : columns;
  const carded = listed.slice(0, CARDS);
  const key = compared ? sidesKey('current', 'reference') : null;
  const left = columns.length - listed.length;
  const sections = [
    section(
      'Columns',
      key,
      table('Columns', heads(compared, carded), listed, {
        sortable: true,
        stacked: true,
        ...(columns.length > 12 ? { search: 'Find a column' } : {}),
      }),
      left > 0 ? note(`The ${LISTED} columns that miss most; ${count(left)} more stand in the JSON.`) : null,
    ),
    section(
      'Distributions',
      key,
      html`<div class="cards">${carded.map((column, i) => card(column, i, compared))}</div>`,
      note(
        `The outer bins also hold what lies beyond them.${carded.length < columns.length ? ` Of ${count(columns.length)} columns the first ${carded.length} of the table above.` : ''}`,
      ),
    ),
  ];
  return sections;
}

const mostMissing = (columns: readonly QualityColumn[]) =>
  [...columns].sort((a, b) => (b.current?.missingShare ?? 1) - (a.current?.missingShare ?? 1));

function heads(compared: boolean, carded: readonly QualityColumn[]): Column<QualityColumn>[] {
  const places = new Map(carded.map((column, i) => [column, i]));
  const both = (of: (side: ColumnSummary) => string) => (column: QualityColumn) =>
    html`${column.current ? of(column.current) : '–'}${compared ? html`<span class="why">${column.reference ? of(column.reference) : '–'}</span>` : null}`;
  const sortable = (of: (side: ColumnSummary) => number | null) => ({
    sortBy: (column: QualityColumn) => (column.current ? of(column.current) : null),
  });
  const numbers = (key: 'mean' | 'std' | 'min' | 'max') => (side: ColumnSummary) =>
    side.numbers?.[key] == null ? null : Number(side.numbers[key]);
  const figure = (key: 'mean' | 'std' | 'min' | 'max') => (side: ColumnSummary) =>
    side.numbers ? amount(side.numbers[key]) : '';
  return [
    {
      head: 'Column',
      cell: (column) => {
        const place = places.get(column);
        const shown = name(column.name);
        return html`${place === undefined ? shown : html`<a href="#c${place}">${shown}</a>`}<span class="why">${clipped(column.type, 40)}${presence(column, compared)}</span>`;
      },
    },
    {
      head: 'Distribution',
      cell: (column) => sparkline(column.distribution, shapeInWords(column.distribution, column.name)),
    },
    {
      head: 'Missing',
      number: true,
      ...sortable(({ missingShare }) => missingShare),
      cell: both(({ missingShare }) => percent(missingShare)),
    },
    {
      head: 'Distinct',
      number: true,
      ...sortable(({ distinct }) => distinct),
      cell: both(({ distinct }) => count(distinct)),
    },
    { head: 'Mean', number: true, ...sortable(numbers('mean')), cell: both(figure('mean')) },
    { head: 'Std', number: true, ...sortable(numbers('std')), cell: both(figure('std')) },
    { head: 'Least', number: true, ...sortable(numbers('min')), cell: both(least) },
    { head: 'Greatest', number: true, ...sortable(numbers('max')), cell: both(greatest) },
  ];
}

const presence = ({ current, reference }: QualityColumn, compared: boolean): string =>
  !current ? ', only in the reference' : compared && !reference ? ', new' : '';
const least = ({ numbers, times }: ColumnSummary): string =>
  numbers ? (numbers.exact?.min ?? amount(numbers.min)) : times ? moment(times.first) : '';
const greatest = ({ numbers, times }: ColumnSummary): string =>
  numbers ? (numbers.exact?.max ?? amount(numbers.max)) : times ? moment(times.last) : '';

function card(column: QualityColumn, place: number, compared: boolean): Html {
  const { current, reference, distribution: shape } = column;
  const rows = figuresOf(column);
  return html`<article id="c${place}"><h3>${name(column.name)}</h3><p class="kind">${clipped(column.type, 40)}${presence(column, compared)}</p>${distribution(shape, shapeInWords(shape, column.name)) ?? html`<p class="note">Nothing to draw: ${current && current.distinct === 0 ? 'no value' : 'one value'}.</p>`}<table><caption class="unseen">Figures of ${clipped(column.name)}</caption>${compared ? html`<thead><tr><td></td><th scope="col" class="number">current</th><th scope="col" class="number">reference</th></tr></thead>` : null}<tbody>${rows.map(([label, of]) => html`<tr><th scope="row">${label}</th><td class="number">${current ? of(current) : '–'}</td>${compared ? html`<td class="number">${reference ? of(reference) : '–'}</td>` : null}</tr>`)}</tbody></table></article>`;
}

type Line = readonly [label: string, of: (side: ColumnSummary) => Html | string];
function figuresOf({ kind, current, reference }: QualityColumn): Line[] {
  const lines: Line[] = [
    ['missing', ({ missingShare }) => percent(missingShare)],
    ['distinct', ({ distinct }) => count(distinct)],
  ];
  const side = current ?? reference;
  if (side?.numbers && [current, reference].some((each) => (each?.distinct ?? 0) > 0)) {
    const number = (label: string, key: keyof NonNullable<ColumnSummary['numbers']>): Line => [
      label,
      ({ numbers }) => amount(numbers?.[key] as Figure | null | undefined),
    ];
    const some = (key: 'zeros' | 'infinite' | 'negatives') =>
      [current, reference].some((each) => (each?.numbers?.[key] ?? 0) > 0);
    lines.push(number('mean', 'mean'), number('std', 'std'), ['least', least], number('5 %', 'q05'));
    lines.push(number('median', 'q50'), number('95 %', 'q95'), ['greatest', greatest]);
    if (some('zeros')) lines.push(number('zeros', 'zeros'));
    if (some('infinite')) lines.push(number('infinite', 'infinite'));
  }
  if (kind === 'time')
    lines.push(['first', ({ times }) => moment(times?.first)], ['last', ({ times }) => moment(times?.last)]);
  if (kind === 'text' || kind === 'other')
    lines.push([
      'most common',
      ({ mostCommon: [top] }) => (top ? html`${name(top.value, 24)} ${percent(top.share)}` : '–'),
    ]);
  if (side?.texts) lines.push(['letters', ({ texts }) => `${amount(texts?.shortest)} … ${amount(texts?.longest)}`]);
  return lines;
}
