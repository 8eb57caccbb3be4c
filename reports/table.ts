import { type Html, html } from './html.ts';

export interface Column<R> {
  readonly head: string;
  /** Right-aligned; `sortBy` makes the head sort by this value (null goes last). */
  readonly number?: boolean;
  readonly sortBy?: (row: R) => number | null;
  readonly cell: (row: R) => Html | string | null;
}
export interface TableOptions {
  /** Heads are buttons that sort. */
  readonly sortable?: boolean;
  /** On a phone each row is a block with its heads beside the values, instead of a table that scrolls. */
  readonly stacked?: boolean;
  /** A box to find rows by their text. */
  readonly search?: string;
}

/** A table whose first column names its rows. `caption` is read out, not shown. A wide one scrolls in its own box. */
export function table<R>(
  caption: string,
  columns: readonly Column<R>[],
  rows: readonly R[],
  options: boolean | TableOptions = false,
): Html {
  const { sortable = false, stacked = false, search } = typeof options === 'boolean' ? { sortable: options } : options;
  const head = (column: Column<R>) => (sortable ? html`<button type="button">${column.head}</button>` : column.head);
  const find = search
    ? html`<label class="find"><span class="unseen">${search}</span><input type="search" placeholder="${search}" autocomplete="off"></label>`
    : null;
  return html`${find}<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table${stacked ? html` class="stacked"` : null}><caption class="unseen">${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${numeric(column)}>${head(column)}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${columns.map((column, i) => cell(column, row, i === 0, stacked))}</tr>\n`)}</tbody>
</table></div>`;
}

function cell<R>(column: Column<R>, row: R, first: boolean, stacked: boolean): Html {
  const value = column.sortBy?.(row);
  const sort =
    value === undefined ? null : html` data-value="${value === null || !Number.isFinite(value) ? '' : value}"`;
  const label = stacked && !first && column.head !== '' ? html` data-label="${column.head}"` : null;
  const content = column.cell(row);
  return first
    ? html`<th scope="row"${numeric(column)}${sort}>${content}</th>`
    : html`<td${numeric(column)}${sort}${label}>${content}</td>`;
}

const numeric = <R>(column: Column<R>): Html | null => (column.number ? html` class="number"` : null);
