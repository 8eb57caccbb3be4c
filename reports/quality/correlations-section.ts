import type { Correlations, QualityReport } from '#contracts/quality.ts';
import { type Html, html } from '../html.ts';
import { clipped, name } from '../numbers.ts';
import { note, section } from '../page.ts';
import { table } from '../table.ts';

const names = { pearson: 'Pearson', spearman: 'Spearman', cramer_v: 'Cramér’s V' } as const;
const says = {
  pearson: 'straight-line relation of two numbers, −1 to 1',
  spearman: 'do two numbers rise together, along any curve, −1 to 1',
  cramer_v: 'relation of two categories, 0 to 1',
} as const;
/** Pairs that the list beside a matrix names. */
const PAIRS = 10;
/** A matrix of more columns is a picture that nobody can read on a page. */
const DRAWN = 20;

export function correlationsSection({ correlations }: QualityReport): Html | null {
  if (correlations.length === 0) return null;
  return section(
    'Correlations',
    ...correlations.map(
      (each, i) =>
        html`<details${i === 0 ? html` open` : null}><summary>${names[each.method]}: ${says[each.method]}</summary><div class="beside">${heat(each)}${strongest(each)}</div>${each.leftOut > 0 ? note(leftOut(each)) : null}</details>`,
    ),
  );
}

function leftOut({ leftOut: more, leftOutColumns }: Correlations): string {
  const named = leftOutColumns ? `: ${leftOutColumns.map((each) => clipped(each, 40)).join(', ')}` : '';
  return `${more} more ${more === 1 ? 'column was' : 'columns were'} not correlated${named}.`;
}

/** Figures in tinted cells: the sign is in the figure and in the hue, so colour is never alone. */
function heat({ method, columns, current }: Correlations): Html {
  const shown = columns.slice(0, DRAWN);
  const cell = (value: number | null | undefined, same: boolean) => {
    if (value === null || value === undefined) return html`<td>–</td>`;
    if (same) return html`<td class="faint">1</td>`;
    const text =
      Math.abs(value) < 0.005
        ? '0'
        : value
            .toFixed(2)
            .replace(/^(-?)0/, '$1')
            .replace('-', '−');
    return html`<td class="${value < 0 ? 'neg' : 'pos'}" style="--v:${Math.min(1, Math.abs(value)).toFixed(2)}">${text}</td>`;
  };
  return html`<div class="scroll" role="region" aria-label="${names[method]} matrix" tabindex="0"><table class="heat"><caption class="unseen">${names[method]} of ${shown.length} columns</caption><thead><tr><td></td>${shown.map((column) => html`<th scope="col"><span><bdi>${clipped(column, 24)}</bdi></span></th>`)}</tr></thead><tbody>${shown.map((column, i) => html`<tr><th scope="row"><bdi>${clipped(column, 24)}</bdi></th>${shown.map((_, j) => cell(current[i]?.[j], i === j))}</tr>`)}</tbody></table></div>`;
}

function strongest({ method, columns, current, reference }: Correlations): Html {
  const pairs = columns.flatMap((a, i) =>
    columns.slice(0, i).flatMap((b, j) => {
      const value = current[i]?.[j];
      return value === null || value === undefined ? [] : [{ a, b, value, before: reference?.[i]?.[j] ?? null }];
    }),
  );
  const change = ({ value, before }: { value: number; before: number | null }) => Math.abs(value - (before ?? value));
  const ordered = pairs
    .sort((x, y) => (reference ? change(y) - change(x) : 0) || Math.abs(y.value) - Math.abs(x.value))
    .slice(0, PAIRS);
  const two = (value: number | null) => (value === null ? '–' : value.toFixed(3).replace('-', '−'));
  const title = reference ? 'Pairs that changed most' : 'Strongest pairs';
  return html`<div class="small">${table(
    `${names[method]}: ${title}`,
    [
      { head: title, cell: ({ a, b }) => html`${name(b, 40)}<span class="why">${name(a, 40)}</span>` },
      { head: reference ? 'Current' : '', number: true, cell: ({ value }) => two(value) },
      ...(reference
        ? [{ head: 'Reference', number: true, cell: ({ before }: { before: number | null }) => two(before) }]
        : []),
    ],
    ordered,
  )}</div>`;
}
