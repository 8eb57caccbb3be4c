/** Drift over time: the same columns through several checks. One HTML file. */

import type { DriftResult } from '#contracts/drift.ts';
import type { DriftCheck } from '#records/drift-results.ts';
import { type Html, html, trusted } from '../html.ts';
import { amount, clipped, count, moment, name, percent } from '../numbers.ts';
import { note, page, section } from '../page.ts';
import { table } from '../table.ts';
import { tiles, verdict } from '../tiles.ts';
import { severity } from './severity.ts';

interface Row {
  readonly column: string;
  /** By check; null where the column was not tested. */
  readonly severities: readonly (number | null)[];
  readonly drifted: number;
  readonly tested: number;
  readonly last: DriftResult['columns'][string] | null;
}
const LISTED = 400;

/** @param checks in the order of their time */
export function driftHistoryPage(title: string, checks: readonly DriftCheck[]): string {
  const rows = rowsOf(checks);
  const [first, last] = [checks[0], checks.at(-1)];
  const alarmed = checks.filter(({ result }) => result.dataset_drift);
  return page({
    title: clipped(title, 160),
    lead: `${checks.length} checks${first && last ? ` from ${moment(first.at)} to ${moment(last.at)}` : ''}`,
    sections: [
      verdict({
        is: last?.result.dataset_drift ? 'refused' : alarmed.length > 0 ? 'inconclusive' : 'passed',
        word: last?.result.dataset_drift
          ? `✗ The dataset drifted at the last check, of ${last.at}`
          : alarmed.length > 0
            ? `△ It drifted before, and not at the last check, of ${last?.at}`
            : `✓ No check found the dataset drifted${last ? `; the last is of ${last.at}` : ''}`,
        reasons: [
          `${alarmed.length} of ${checks.length} checks found dataset drift`,
          ...(last
            ? [
                ...notTested(last),
                `At the last one ${count(last.result.drifted)} of ${count(last.result.tested)} columns drifted`,
              ]
            : []),
        ],
      }),
      tiles([
        { name: 'Checks', value: count(checks.length) },
        { name: 'With dataset drift', value: count(alarmed.length), bad: alarmed.length > 0 },
        { name: 'Columns that ever drifted', value: count(rows.filter(({ drifted }) => drifted > 0).length) },
      ]),
      section('Share of drifted columns', shareOverTime(checks)),
      section(
        'Columns over time',
        table(
          'Drift of each column over time, most often drifted first',
          [
            { head: 'Column', cell: ({ column }: Row) => name(column) },
            { head: 'Over time', cell: (row: Row) => strip(row, checks) },
            {
              head: 'Drifted',
              number: true,
              sortBy: ({ drifted }: Row) => drifted,
              cell: ({ drifted, tested }: Row) => `${drifted} of ${tested}`,
            },
            {
              head: 'Last',
              number: true,
              sortBy: ({ last: found }: Row) => (found ? severity(found) : null),
              cell: ({ last: found }: Row) =>
                found
                  ? html`${found.measures === 'p_value' ? 'p ' : ''}${amount(found.value)}<span class="why">${found.method} ${found.drifted ? '✗' : '✓'}</span>`
                  : '–',
            },
          ],
          rows.slice(0, LISTED),
          { sortable: true, stacked: true, ...(rows.length > 12 ? { search: 'Find a column' } : {}) },
        ),
        note(
          'A bar a check; its height is the distance from the threshold (the line), and drifted ones are marked by a dot above.',
        ),
        rows.length > LISTED
          ? note(`${count(rows.length - LISTED)} more columns stand in the checks themselves.`)
          : null,
      ),
    ],
  });
}

/** Columns of a check that could not be tested, in one line. */
function notTested({ result: { untested } }: DriftCheck): string[] {
  const named = untested.slice(0, 10).map(({ column, reason }) => `${clipped(column, 60)} (${clipped(reason, 120)})`);
  const more = untested.length > named.length ? ` and ${untested.length - named.length} more` : '';
  return named.length > 0 ? [`Not tested at the last one: ${named.join(', ')}${more}`] : [];
}

function rowsOf(checks: readonly DriftCheck[]): Row[] {
  const names = new Set(checks.flatMap(({ result }) => Object.keys(result.columns)));
  return [...names]
    .map((column): Row => {
      const found = checks.map(({ result }) => result.columns[column] ?? null);
      return {
        column,
        severities: found.map((each) => each && severity(each)),
        drifted: found.filter((each) => each?.drifted).length,
        tested: found.filter((each) => each !== null).length,
        last: found.at(-1) ?? null,
      };
    })
    .sort((a, b) => b.drifted - a.drifted || (a.column < b.column ? -1 : 1));
}

/** Bars up to twice the threshold, which is the line in the middle. */
function strip({ column, severities, drifted }: Row, checks: readonly DriftCheck[]): Html {
  const step = 6;
  const bars = (over: boolean) =>
    severities
      .map((value, i) => {
        if (value === null || value >= 1 !== over) return '';
        const y = Math.round((1 - Math.min(1, value / 2)) * 30) + 6;
        return `M${i * step + 1} 36V${Math.min(35, y)}H${i * step + step - 1}V36Z${over ? `M${i * step + 2} 2h2v2h-2z` : ''}`;
      })
      .join('');
  return html`<svg class="spark strip" viewBox="0 0 ${Math.max(1, severities.length) * step} 36" preserveAspectRatio="none" role="img" aria-label="${clipped(column)}: drifted in ${drifted} of ${checks.length} checks"><path class="ref" d="${trusted(bars(false))}"/><path class="over" d="${trusted(bars(true))}"/><path class="limit" d="M0 21H${severities.length * step}"/></svg>`;
}

function shareOverTime(checks: readonly DriftCheck[]): Html {
  const bars = checks.map(({ at, result }) => {
    const height = Math.max(1, Math.round(result.share * 100));
    return html`<li><span class="bar${result.dataset_drift ? ' over' : ''}" style="height:${height}px"></span><span class="unseen">${moment(at)}: ${percent(result.share)}${result.dataset_drift ? ', dataset drift' : ''}</span></li>`;
  });
  const limit = checks.at(-1)?.result.share_threshold ?? 0.5;
  const [first, last] = [checks[0], checks.at(-1)];
  return html`<div class="timeline"><ol style="--limit:${(limit * 100).toFixed(0)}px">${bars}</ol><div class="axis" aria-hidden="true"><span>${moment(first?.at)}</span><span>threshold ${percent(limit)}</span><span>${moment(last?.at)}</span></div></div>`;
}
