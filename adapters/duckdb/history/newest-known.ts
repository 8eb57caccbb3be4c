/**
 * The newest row of a view that was known at each row's time, by meeting the rows of its key: no row of the view is sorted, and its values are read
 * of the rows that were found alone. It takes the time of the pairs that meet, so that it is for keys with few rows; others are for ASOF (../featurize/join.ts).
 */
import type { Column } from '#contracts/data.ts';
import type { HistoryView } from '#ports/history.ts';
import { AT, ROW, TIME } from '../featurize/internal-columns.ts';
import { keptHits, keysOf, named, placed } from '../featurize/join.ts';
import { count, type Session } from '../host/session.ts';
import { readParquet } from '../reading/parquet/footers.ts';
import { identifier, number } from '../sql.ts';
import { asTime } from '../timestamp.ts';

/** More pairs than so many times the rows of both sides cost more than sorting. */
const PAIRS_A_ROW = 2;
/** Rows that ask that are looked at for how many pairs there are. */
const SAMPLED = 1_000;

/**
 * @param base SQL of the rows that ask, with {@link ROW} and {@link TIME}
 * @param columns of the view
 * @param here of `base`
 */
export async function meetsFew(
  session: Session,
  view: HistoryView,
  base: string,
  columns: readonly Column[],
  here: readonly Column[],
): Promise<boolean> {
  const pairs = keysOf(view, here, columns, 'p.');
  const keys = pairs.map((_, i) => `k${i}`).join(', ');
  const from = readParquet([view.file]);
  const [sizes] = await session.rows(
    `SELECT (SELECT count(*) FROM (${base})) AS asking, (SELECT count(*) FROM ${from}) AS rows`,
  );
  const [asking, rows] = [count(sizes?.asking), count(sizes?.rows)];
  const every = Math.max(1, Math.floor(asking / SAMPLED));
  const [met] = await session.rows(`
    WITH looked AS (SELECT ${pairs.map(({ left }, i) => `${left} AS k${i}`).join(', ')} FROM (${base}) p WHERE ${ROW} % ${number(every)} = 0),
      asked AS (SELECT ${keys}, count(*) AS n FROM looked GROUP BY ${keys})
    SELECT coalesce(sum(n), 0) AS n FROM (SELECT ${pairs.map(({ right }, i) => `${right} AS k${i}`).join(', ')} FROM ${from}) JOIN asked USING (${keys})`);
  return count(met?.n) * every <= PAIRS_A_ROW * (asking + rows);
}

/**
 * @param left what the view is joined to
 * @returns SQL of what was found (as `view_<index>`), and of the join to it, as of `joinOf`
 */
export function newestKnown(
  view: HistoryView,
  index: number,
  left: string,
  columns: readonly Column[],
  here: readonly Column[],
): { right: string; joined: string } {
  const pairs = keysOf(view, here, columns, 'p.');
  const on = pairs.map(({ left: ours }, i) => `${ours} = v.k${i}`);
  const at = asTime(identifier(view.time), named(columns, view.time).type, true);
  const created = view.created === null ? null : named(columns, view.created);
  const written =
    created && view.availableAfter === 'created' ? asTime(identifier(created.name), created.type, true) : null;
  const delay = view.availableAfter === 'created' ? 0 : view.availableAfter;
  const known = written
    ? `greatest(${AT}, ${written})`
    : delay === 0
      ? AT
      : `${AT} + to_microseconds(${delay * 1_000})`;
  const file = readParquet([view.file], ', file_row_number = true');
  const rows = `(SELECT ${[
    ...pairs.map(({ right }, i) => `${right} AS k${i}`),
    ...[`${AT} AS moment`, `${known} AS known`, 'file_row_number AS place'],
    ...(created ? [`${identifier(created.name)} AS created`] : []),
  ].join(', ')} FROM (SELECT *, ${at} AS ${AT} FROM ${file}) WHERE ${[
    `${AT} IS NOT NULL`,
    ...pairs.map(({ right }) => `${right} IS NOT NULL`),
    ...(written ? [`${written} IS NOT NULL`] : []),
  ].join(' AND ')})`;
  // Of rows at one time the last of the file; where the view says when they were written, the last of those. A null is before all.
  const order = created
    ? '{ m: v.moment, w: v.created IS NOT NULL, c: v.created, p: v.place }'
    : placed('v.moment', 'v.place');
  const found = `SELECT p.${ROW} AS asked, max(v.moment) AS moment, arg_max(v.place, ${order}) AS place
    FROM base p JOIN ${rows} v ON ${[...on, `v.known <= p.${TIME}`].join(' AND ')} GROUP BY p.${ROW}`;
  const brought = view.bring.map(([column], i) => `f.${identifier(column)} AS b${i}`);
  const right = `SELECT ${['n.asked', 'n.moment', ...brought].join(', ')} FROM (${found}) n JOIN ${file} f ON f.file_row_number = n.place`;
  const hit =
    view.maxAge === null
      ? 'v.asked IS NOT NULL'
      : `(epoch_us(p.${TIME}) - epoch_us(v.moment) <= ${view.maxAge * 1_000})`;
  const bring = view.bring.map(
    ([, name], i) => `${view.maxAge === null ? `v.b${i}` : `CASE WHEN ${hit} THEN v.b${i} END`} AS ${identifier(name)}`,
  );
  const select = ['p.*', ...bring, `coalesce(${hit}, false) AS ${keptHits(index)}`].join(', ');
  return { right, joined: `SELECT ${select} FROM ${left} p LEFT JOIN view_${index} v ON v.asked = p.${ROW}` };
}
