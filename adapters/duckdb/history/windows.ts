/**
 * Aggregates over windows (t − w, t], as features/aggregates.ts defines them. Events and rows that ask are one sorted sequence, in which an event's
 * place is its time, then its order among those of its time: a frame is a range of places, and its edges are exact in microseconds.
 */
import type { Column } from '#contracts/data.ts';
import { milliseconds } from '#contracts/duration.ts';
import type { AggregateFeature } from '#features/aggregates.ts';
import type { HistoryView } from '#ports/history.ts';
import { ROW, TIME } from '../featurize/internal-columns.ts';
import { keysOf, named, PLACES, placed } from '../featurize/join.ts';
import { readParquet } from '../reading/parquet/footers.ts';
import { identifier } from '../sql.ts';
import { asTime } from '../timestamp.ts';
import { valueOrNull } from '../value.ts';
import { typedValue } from './typed-value.ts';
import { conditionOf } from './where.ts';

/**
 * SQL of a row for each row of `base` that has a time and all keys: `row`, and `w0`, `w1`, … of the view's windows.
 * @param columns of the view's file
 * @param here of `base`
 */
export function windowsOf(view: HistoryView, columns: readonly Column[], here: readonly Column[]): string {
  const pairs = keysOf(view, here, columns, '');
  const keys = pairs.map((_, i) => `k${i}`);
  const at = asTime(identifier(view.time), named(columns, view.time).type, true);
  const created = view.created === null ? null : named(columns, view.created);
  const late = view.availableAfter === 'created';
  const written = created && late ? asTime(identifier(created.name), created.type, true) : null;

  const read = [...new Set(view.windows.flatMap(({ feature }) => ('column' in feature ? [feature.column] : [])))];
  const typed = (name: string): string => {
    const column = named(columns, name);
    const type = view.columns[name];
    if (type === undefined) throw new Error(`the view ${view.name} declares no column ${name}`);
    return typedValue(type, column, valueOrNull(column), `${view.name}, ${name}`);
  };
  const values = read.map((name, i) => `${typed(name)} AS x${i}`);
  const flags = view.windows.map(({ feature }, i) => `${conditionOf(feature.where ?? {}, typed)} AS c${i}`);
  const first = [`PARTITION BY ${pairs.map(({ right }) => right).join(', ')}`, `ORDER BY ${at}`];
  const order = created
    ? `row_number() OVER (${first.join(' ')}, ${identifier(created.name)} NULLS FIRST, file_row_number)`
    : 'file_row_number';
  const there = [
    `${at} IS NOT NULL`,
    ...pairs.map(({ right }) => `${right} IS NOT NULL`),
    ...(written ? [`${written} IS NOT NULL`] : []),
  ];
  const events = `SELECT ${[
    ...pairs.map(({ right }, i) => `${right} AS k${i}`),
    `${at} AS moment`,
    ...(written ? [`greatest(${at}, ${written}) AS known`] : []),
    `${placed(at, order)} AS place`,
    ...values,
    ...flags,
  ].join(', ')} FROM ${readParquet([view.file], ', file_row_number = true')} WHERE ${there.join(' AND ')}`;

  const asked = [`${TIME} IS NOT NULL`, ...pairs.map(({ left }) => `${left} IS NOT NULL`)].join(' AND ');
  const rows = `SELECT ${[...pairs.map(({ left }, i) => `${left} AS k${i}`), `${TIME} AS moment`, `${ROW} AS asked`].join(', ')} FROM base WHERE ${asked}`;
  const value = (feature: AggregateFeature) => ('column' in feature ? `x${read.indexOf(feature.column)}` : '');
  const width = (feature: AggregateFeature) => milliseconds(feature.window) * 1_000;

  if (view.availableAfter === 'created') {
    // Two orders, of events and of writing: no frame of one sequence. Each row meets the events of its key.
    const longest = Math.max(...view.windows.map(({ feature }) => width(feature)));
    const aggregates = view.windows.map(({ feature }, i) => {
      const within = `e.c${i} AND epoch_us(e.moment) > epoch_us(q.moment) - ${width(feature)}`;
      return `${aggregateOf(feature, `e.${value(feature)}`, 'e.place', `FILTER (${within})`, ' ORDER BY e.place')} AS w${i}`;
    });
    const on = [
      ...keys.map((key) => `q.${key} = e.${key}`),
      'e.moment <= q.moment AND e.known <= q.moment',
      `epoch_us(e.moment) > epoch_us(q.moment) - ${longest}`,
    ];
    return `SELECT q.asked AS asked, ${aggregates.join(', ')} FROM (${rows}) q LEFT JOIN (${events}) e ON ${on.join(' AND ')} GROUP BY q.asked`;
  }
  const delay = view.availableAfter * 1_000;
  const aggregates = view.windows.map(({ feature }, i) => {
    const frame = `OVER (PARTITION BY ${keys.join(', ')} ORDER BY place RANGE BETWEEN ${offset(width(feature), -1)} PRECEDING AND ${offset(delay, 0)} PRECEDING)`;
    return width(feature) > delay
      ? `${aggregateOf(feature, value(feature), 'place', `FILTER (c${i}) ${frame}`, '')} AS w${i}`
      : `${aggregateOf(feature, value(feature), 'place', `FILTER (false) ${frame}`, '')} AS w${i}`;
  });
  const nothing = [...values.map((_, i) => `NULL AS x${i}`), ...flags.map((_, i) => `false AS c${i}`)];
  const sequence = `SELECT ${[...keys, 'place', 'NULL AS asked', ...values.map((_, i) => `x${i}`), ...flags.map((_, i) => `c${i}`)].join(', ')} FROM (${events})
    UNION ALL SELECT ${[...keys, placed('moment', String(PLACES - 1)), 'asked', ...nothing].join(', ')} FROM (${rows})`;
  return `SELECT * FROM (SELECT asked, ${aggregates.join(', ')} FROM (${sequence})) WHERE asked IS NOT NULL`;
}

/** A frame's distance in places. */
const offset = (microseconds: number, more: number): string => `(${microseconds}::HUGEINT * ${PLACES} + ${more})`;

/**
 * @param x the value, missing ones null
 * @param place of the event in its sequence
 * @param over FILTER and OVER
 * @param sorted where the sum's order is not the window's: the same rows are to give the same bits
 */
function aggregateOf(feature: AggregateFeature, x: string, place: string, over: string, sorted: string): string {
  switch (feature.aggregate) {
    case 'count':
      return `count(${place}) ${over}`;
    case 'sum':
      // Of BIGINT a HUGEINT: what does not fit into 64 bits is refused.
      return feature.type === 'int64' ? `CAST(sum(${x}) ${over} AS BIGINT)` : `sum(${x}${sorted}) ${over}`;
    case 'mean':
      return `CAST(sum(${x}${sorted}) ${over} AS DOUBLE) / nullif(count(${x}) ${over}, 0)`;
    case 'min':
      return `min(${x}) ${over}`;
    case 'max':
      return `max(${x}) ${over}`;
    case 'std': {
      const finite = `CASE WHEN isfinite(CAST(${x} AS DOUBLE)) THEN CAST(${x} AS DOUBLE) END`;
      return `CASE WHEN count(${x}) ${over} > count(${finite}) ${over} THEN 'NaN'::DOUBLE ELSE stddev_samp(${finite}${sorted}) ${over} END`;
    }
    case 'last':
      return `arg_max_null(${x}, ${place}) ${over}`;
    case 'lastN':
      return `arg_max(${x}, ${place}, ${feature.n}) ${over}`;
    case 'approxDistinct':
      return `count(DISTINCT ${x}) ${over}`;
  }
}
