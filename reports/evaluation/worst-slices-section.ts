import type { Evidence } from '#contracts/evidence.ts';
import type { WorstSlice, WorstSlices } from '#contracts/worst-slices.ts';
import { decimalsFor, numberOf, percent, signed } from '#decisions/gate/words.ts';
import { type Html, html } from '../html.ts';
import { count, counted, name } from '../numbers.ts';
import { note, section } from '../page.ts';
import { table } from '../table.ts';

/** Where a search found the candidate worst, and what rows that it did not look at say. Null where none was made. */
export function worstSlicesSection({ worstSlices: found, champion }: Evidence): Html | null {
  if (!found || found.looked === 0) return null;
  const { metric, slices, looked, columns, minimumRows } = found;
  return section(
    'Searched: where it is worst',
    slices.length === 0
      ? html`<p>On none of ${count(looked)} slices with enough rows does it look worse ${champion ? 'than the champion' : 'than on the whole'}.</p>`
      : table<WorstSlice>(
          'Slices that a search found',
          [
            { head: 'Slice', cell: sliceName },
            { head: 'Rows', number: true, sortBy: ({ rows }) => rows, cell: ({ rows }) => count(rows) },
            {
              head: 'Better by, searched half',
              number: true,
              sortBy: ({ searched }) => numberOf(searched),
              cell: ({ searched }) => shown(numberOf(searched), numberOf(searched)),
            },
            {
              head: 'Better by, other half',
              number: true,
              sortBy: ({ difference }) => numberOf(difference),
              cell: confirmedCell,
            },
            { head: 'Borne out', cell: ({ confirmed }) => verdict(confirmed) },
          ],
          slices,
          { stacked: true },
        ),
    note(
      `A search through ${counted(looked, 'slice')} of ${minimumRows} rows or more, by ${columns.length} columns alone and two together, finds bad ones by chance. So one half of the holdout was searched, by mean ${metric}, and the other half says how bad what was found is (${percent(found.confidence)} interval); “borne out” is corrected over all in the table (Holm, 5 %). It decides nothing. ${notSearched(found)}`,
    ),
  );
}

const sliceName = ({ where }: WorstSlice): Html =>
  html`${where.map(({ column, value }, at) => html`${at > 0 ? ' and ' : null}${name(column, 40)} ${/^[≤>] /.test(value) ? null : '= '}${name(value, 40)}`)}`;

const verdict = (confirmed: boolean): Html =>
  confirmed ? html`<span class="verdict worse">✗ yes</span>` : html`<span class="verdict">? no</span>`;

function confirmedCell({ difference, lower, upper }: WorstSlice): Html | string {
  const [by, from, to] = [numberOf(difference), numberOf(lower), numberOf(upper)];
  if (Number.isNaN(by)) return '–';
  const grain = Number.isFinite(to - from) ? (to - from) / 2 : by;
  return html`<span class="${to < 0 ? 'worse' : from > 0 ? 'better' : ''}">${shown(by, grain)}</span><span class="why">${shown(from, grain)} … ${shown(to, grain)}</span>`;
}

const shown = (value: number, grain: number): string => signed(value, decimalsFor(Math.abs(grain), Math.abs(value)));

function notSearched({ skipped }: WorstSlices): string {
  if (skipped.length === 0) return '';
  const named = skipped.slice(0, 8).map(({ column, why }) => `${column} (${why})`);
  const more = skipped.length - named.length;
  return `Not searched: ${named.join(', ')}${more > 0 ? ` and ${more} more columns` : ''}.`;
}
