/** Drift by column: a table to sort and search, and a card with both distributions. */
import type { DriftColumn, DriftSide } from '#contracts/drift.ts';
import { type Html, html } from '../html.ts';
import { amount, clipped, count, moment, name, percent } from '../numbers.ts';
import { note, section } from '../page.ts';
import { distribution, type Shape, shapeInWords, sparkline } from '../sparkline.ts';
import { type Column, table } from '../table.ts';
import { sidesKey } from '../tiles.ts';
import { severity } from './severity.ts';

type Row = readonly [column: string, found: DriftColumn];
const LISTED = 600;
const CARDS = 200;

/** @param rows worst first */
export function driftColumns(rows: readonly Row[]): Html[] {
  if (rows.length === 0) return [];
  const key = sidesKey('current', 'reference');
  const listed = rows.slice(0, LISTED);
  const left = rows.length - listed.length;
  return [
    section(
      'Columns, worst first',
      key,
      table('Drift by column, worst first', heads(), listed, {
        sortable: true,
        stacked: true,
        ...(rows.length > 12 ? { search: 'Find a column' } : {}),
      }),
      note(
        'The mark in the middle of a bar is the threshold. A distance drifts at or above it; a p-value below it, and its bar grows with every order of magnitude.',
      ),
      left > 0 ? note(`${count(left)} more columns stand in the JSON.`) : null,
    ),
    section(
      'Distributions',
      key,
      html`<div class="cards">${listed.slice(0, CARDS).map(([column, found], i) => card(column, found, i))}</div>`,
      rows.length > CARDS ? note(`The ${CARDS} columns that drifted most.`) : null,
    ),
  ];
}

function shapeOf({ distribution: found, kind }: DriftColumn): Shape | null {
  if (!found) return null;
  if (found.of === 'numbers')
    return {
      by: 'bin',
      of: kind === 'time' ? 'time' : 'number',
      edges: found.edges,
      current: found.current,
      reference: found.reference,
    };
  return {
    by: 'value',
    values: found.categories.map(({ value }) => value),
    current: found.categories.map(({ current }) => current),
    reference: found.categories.map(({ reference }) => reference),
    other: { current: found.other.current, reference: found.other.reference },
  };
}

const heads = (): Column<Row>[] => [
  {
    head: 'Column',
    cell: ([column, { kind }]) => html`${name(column)}<span class="why">${kind}</span>`,
  },
  { head: 'Distribution', cell: ([column, found]) => sparkline(shapeOf(found), shapeInWords(shapeOf(found), column)) },
  {
    head: 'Result',
    sortBy: ([, found]) => (found.drifted ? 1 : 0),
    cell: ([, { drifted, value }]) =>
      html`<span class="tag ${drifted ? 'bad' : value === 'NaN' ? 'soft' : 'good'}">${drifted ? '✗ drifted' : value === 'NaN' ? '– not defined' : '✓ same'}</span>`,
  },
  {
    head: 'Drift',
    number: true,
    sortBy: ([, found]) => severity(found),
    cell: ([, found]) => meter(found),
  },
  {
    head: 'Method',
    cell: ([, { method, threshold, measures, exact }]) =>
      html`${method}<span class="why">${measures === 'p_value' ? 'p <' : '≥'} ${amount(threshold)}${exact ? '' : ', sketched'}</span>`,
  },
  {
    head: 'Mean',
    number: true,
    sortBy: ([, { current }]) => current.mean,
    cell: ([, found]) => both(found, ({ mean }) => middle(found, mean)),
  },
  {
    head: 'Missing',
    number: true,
    sortBy: ([, { current }]) => current.nulls / Math.max(1, current.rows),
    cell: ([, found]) => both(found, missing),
  },
];

const missing = ({ nulls, rows }: DriftSide): string => percent(nulls / Math.max(1, rows));
const middle = ({ kind }: DriftColumn, mean: number | null): string =>
  mean === null ? '–' : kind === 'time' ? moment(new Date(mean).toISOString()) : amount(mean);
const both = ({ current, reference }: DriftColumn, of: (side: DriftSide) => string): Html =>
  html`${of(current)}<span class="why">${of(reference)}</span>`;

/** The value on a scale whose middle is the threshold. */
function meter(found: DriftColumn): Html {
  const part = Math.min(1, severity(found) / 2);
  return html`<div class="meter"><span aria-hidden="true"><i${found.drifted ? html` class="over"` : null} style="width:${(part * 100).toFixed(0)}%"></i><b style="left:50%"></b></span><span>${found.measures === 'p_value' ? 'p ' : ''}${amount(found.value)}</span></div>`;
}

function card(column: string, found: DriftColumn, place: number): Html {
  const shape = shapeOf(found);
  const { current, reference } = found;
  const line = (label: string, of: (side: DriftSide) => string) =>
    html`<tr><th scope="row">${label}</th><td class="number">${of(current)}</td><td class="number">${of(reference)}</td></tr>`;
  const number = (label: string, key: 'mean' | 'std' | 'min' | 'max') =>
    current[key] === null && reference[key] === null
      ? null
      : line(label, (side) => (key === 'std' ? amount(side[key]) : middle(found, side[key])));
  const infinite = current.infinite + reference.infinite > 0;
  return html`<article id="d${place}"><h3>${name(column)}</h3><p class="kind">${found.kind}, ${found.method} ${found.measures === 'p_value' ? 'p ' : ''}${amount(found.value)} <span class="tag ${found.drifted ? 'bad' : 'good'}">${found.drifted ? '✗ drifted' : '✓ same'}</span></p>${distribution(shape, shapeInWords(shape, column)) ?? html`<p class="note">Nothing to draw.</p>`}<table><caption class="unseen">Figures of ${clipped(column)}</caption><thead><tr><td></td><th scope="col" class="number">current</th><th scope="col" class="number">reference</th></tr></thead><tbody>${line('missing', missing)}${line('distinct', ({ distinct }) => count(distinct))}${number('mean', 'mean')}${found.kind === 'time' ? null : number('std', 'std')}${number('least', 'min')}${number('greatest', 'max')}${infinite ? line('infinite', (side) => count(side.infinite)) : null}</tbody></table>${found.notes.map((text) => note(clipped(text, 300)))}</article>`;
}
