import type { Node, Refuse } from './syntax-tree.ts';

/** Need the whole partition, later rows included. */
const lookAhead = new Set(['WINDOW_LEAD', 'WINDOW_NTILE', 'WINDOW_PERCENT_RANK', 'WINDOW_CUME_DIST']);
const upToNow = /^(CURRENT_ROW_|EXPR_PRECEDING_)/;

/**
 * A window may look back only: ordered by the time column, ascending, its frame ending at the row. Otherwise a
 * feature would carry what was not known at its row's time, and the holdout would leak into the training rows.
 */
export function checkWindow(window: Node, time: string | null, refuse: Refuse): void {
  const name = String(window.function_name);
  if (time === null) refuse(`looks at other rows (${name}), which needs the time column: give featurize \`time\``);
  const first = (window.orders as { type: string; expression: Node }[])[0];
  const column = first?.expression.class === 'COLUMN_REF' ? (first.expression.column_names as string[])[0] : undefined;
  if (
    column?.toLowerCase() !== time.toLowerCase() ||
    !['ORDER_DEFAULT', 'ORDER_ASCENDING', 'ASCENDING'].includes(first!.type)
  )
    refuse(`looks at rows that are not in time order; write ${name}(…) over (… order by ${time})`);
  if (lookAhead.has(String(window.type)))
    refuse(`looks at later rows (${name}); a feature may use what was known at its row's time only`);
  if (!upToNow.test(String(window.end))) refuse(`has a window that ends after the row; end it at the current row`);
  const offset = window.offset_expr as Node | null;
  if (offset && !(offset.class === 'CONSTANT' && Number((offset.value as Node).value) >= 0))
    refuse(`looks ${name} by an offset that is not a plain positive number; it could be a later row`);
}
