/** One view joined to the rows: at the row's time, or by key alone. */

import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { JoinedView } from '#ports/tables.ts';
import { count, type Session } from '../host/session.ts';
import { readParquet } from '../reading/parquet/footers.ts';
import { identifier } from '../sql.ts';
import { asTime } from '../timestamp.ts';
import { valueOrNull } from '../value.ts';
import { columnsOf } from './described.ts';
import { AT, KEY, KNOWN, RANK, TIME } from './internal-columns.ts';
import { joinKeys } from './join-keys.ts';

/** True where the row found one in view `index`. */
export function keptHits(index: number): string {
  return `"__ratchet_hit_${index}"`;
}

/**
 * @param left what the view is joined to, with the columns `here`
 * @param columns of the view
 * @param among SQL's name for the rows of whose keys alone rows of the view are wanted; it has the left keys
 * @returns SQL of the view's own rows, and of the join to it (as `view_<index>`)
 */
export function joinOf(
  view: JoinedView,
  index: number,
  left: string,
  columns: readonly Column[],
  here: readonly Column[],
  among?: string,
): { right: string; joined: string } {
  const pairs = keysOf(view, here, columns, 'p.');
  const keys = pairs.map(({ right }, i) => `${right} AS k${i}`);
  const brought = view.bring.map(([column], i) => `${identifier(column)} AS b${i}`);
  const known = pairs.map(({ right }) => `${right} IS NOT NULL`);
  const on = pairs.map((pair, i) => `${pair.left} = v.k${i}`);
  const from = readParquet([view.file], ', file_row_number = true');
  const bring = (found: string | null) =>
    view.bring.map(
      ([, name], i) => `${found ? `CASE WHEN ${found} THEN v.b${i} END` : `v.b${i}`} AS ${identifier(name)}`,
    );
  const select = (found: string, outdated: string | null) =>
    ['p.*', ...bring(outdated), `coalesce(${found}, false) AS ${keptHits(index)}`].join(', ');

  if (view.time === null) {
    const right = `SELECT ${[...keys, ...brought, 'true AS found'].join(', ')} FROM ${from} WHERE ${known.join(' AND ')}`;
    return {
      right,
      joined: `SELECT ${select('v.found', null)} FROM ${left} p LEFT JOIN view_${index} v ON ${on.join(' AND ')}`,
    };
  }
  const type = columns.find(({ name }) => name.toLowerCase() === view.time!.toLowerCase())!.type;
  const at = asTime(identifier(view.time), type, true);
  const wanted =
    among === undefined
      ? ''
      : ` SEMI JOIN (SELECT ${pairs.map((pair, i) => `${pair.left} AS ${KEY}${i}`).join(', ')} FROM ${among} p) ON ${pairs.map(({ right }, i) => `${right} = ${KEY}${i}`).join(' AND ')}`;
  const there = `(SELECT *, ${at} AS ${AT} FROM ${from}${wanted})`;
  const right =
    view.availableAfter === 'created'
      ? writtenOf(view, columns, there, [...keys, ...brought], known)
      : `SELECT ${[...keys, ...brought, `${AT} AS at`, `${placed(`${AT} + to_microseconds(${view.availableAfter * 1000})`, 'file_row_number')} AS known`].join(', ')}
    FROM ${there} WHERE ${[`${AT} IS NOT NULL`, ...known].join(' AND ')} ${latestOf(view)}`;
  const found =
    view.maxAge === null ? 'v.at IS NOT NULL' : `(epoch_us(p.${TIME}) - epoch_us(v.at) <= ${view.maxAge * 1000})`;
  return {
    right,
    joined: `SELECT ${select(found, view.maxAge === null ? null : found)} FROM ${left} p ASOF LEFT JOIN view_${index} v ON ${[...on, `${placed(`p.${TIME}`, String(LAST_ROW))} >= v.known`].join(' AND ')}`,
  };
}

/** SQL of the keys of both sides, pair by pair, the left ones behind `prefix`. */
export function keysOf(
  view: JoinedView,
  here: readonly Column[],
  columns: readonly Column[],
  prefix: string,
): { left: string; right: string }[] {
  return view.on.map(([column, there]) => joinKeys(view.name, named(here, column), named(columns, there), prefix));
}

export function named(columns: readonly Column[], name: string): Column {
  const column = columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (!column) throw new UserError('DataInvalid', `there is no column ${name} to join by`);
  return column;
}

/** Places that rows of one time can have. */
export const PLACES = 2 ** 32;
const LAST_ROW = PLACES - 1;

/**
 * Time and place in the file as one number, so that of several rows at one time ASOF takes the last of the file; by the
 * time alone it would take any, and a window that leaves one of them takes twice as long.
 */
export function placed(time: string, row: string): string {
  return `(epoch_us(${time})::HUGEINT * ${PLACES} + ${row})`;
}

/** Leaves one row a key and time, the latest created, where the view says when that was. */
function latestOf(view: JoinedView): string {
  if (view.created === null) return '';
  const partition = [...view.on.map(([, column]) => identifier(column)), AT].join(', ');
  return `QUALIFY row_number() OVER (PARTITION BY ${partition} ORDER BY ${identifier(view.created)} DESC NULLS LAST, file_row_number DESC) = 1`;
}

/**
 * Rows of a view that are known when they were written, at the moments from which each is the newest of its key: what was written late
 * with an old time changes nothing. A row that does not say when it was written is never known.
 */
function writtenOf(
  view: JoinedView,
  columns: readonly Column[],
  there: string,
  select: readonly string[],
  known: readonly string[],
): string {
  const created = named(columns, view.created ?? '');
  const written = asTime(identifier(created.name), created.type, true);
  const partition = `PARTITION BY ${view.on.map(([, column]) => identifier(column)).join(', ')}`;
  const rank = `row_number() OVER (${partition} ORDER BY ${AT}, ${identifier(created.name)}, file_row_number)`;
  return `SELECT ${[...select, `${AT} AS at`, `${placed(KNOWN, RANK)} AS known`].join(', ')}
    FROM (SELECT *, greatest(${AT}, ${written}) AS ${KNOWN}, ${rank} AS ${RANK} FROM ${there}
      WHERE ${[`${AT} IS NOT NULL`, `${written} IS NOT NULL`, ...known].join(' AND ')})
    QUALIFY max(${RANK}) OVER (${partition} ORDER BY ${KNOWN}, ${RANK}) = ${RANK}`;
}

/** A lookup with two rows for one key would double rows of the data. */
export async function checkLookup(session: Session, view: JoinedView): Promise<void> {
  const columns = await columnsOf(session, readParquet([view.file]));
  const keys = view.on.map(([, column]) => identifier(column));
  const known = view.on.map(([, column]) => `${valueOrNull(named(columns, column))} IS NOT NULL`);
  const rows = await session.rows(`
    SELECT ${keys.map((key) => `${key}::VARCHAR AS ${key}`).join(', ')}, count(*) AS "__ratchet_rows"
    FROM ${readParquet([view.file])} WHERE ${known.join(' AND ')}
    GROUP BY ALL HAVING count(*) > 1 ORDER BY count(*) DESC, ${keys.join(', ')} LIMIT 1`);
  const first = rows[0];
  if (!first) return;
  const key = view.on.map(([, column]) => `${column} = ${first[column]}`).join(', ');
  throw new UserError(
    'DataInvalid',
    `the view ${view.name} has ${count(first.__ratchet_rows)} rows for ${key}, and a lookup may have one; give it a \`time\`, or remove the doubles (expect_column_values_to_be_unique finds them)`,
  );
}
