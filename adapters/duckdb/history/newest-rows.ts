/** The newest row of each key: the newest event, then the newest `created`, then the last in the file. */
import type { DuckDBValue } from '@duckdb/node-api';
import type { SkippedRows } from '#contracts/materialize.ts';
import type { NewestRows, NewestRowsRequest, TypedColumn } from '#ports/newest-rows.ts';
import type { OnlineValue } from '#ports/online-row.ts';
import { count, type Session } from '../host/session.ts';
import { type ParquetTable, PLACE_IN_FILE } from '../reading/parquet/table.ts';
import { identifier } from '../sql.ts';
import { asTime, isTime } from '../timestamp.ts';
import { typedValue } from './typed-value.ts';

/** Beside the source's own columns, whatever they are called. */
const TIME = '"__ratchet_time"';
const CREATED = '"__ratchet_created"';
const WHY = '"__ratchet_why"';

export async function newestRows(
  session: Session,
  table: ParquetTable,
  request: NewestRowsRequest,
  take: (batch: NewestRows) => Promise<void>,
  signal: AbortSignal,
): Promise<SkippedRows & { rows: number }> {
  const typeOf = (name: string): string => {
    const found = table.columns.find((each) => each.name === name);
    if (!found) throw new Error(`${name} is not among the columns`);
    return found.type;
  };
  // As history takes it: nothing is seen before its time.
  const instant = (name: string | null): string =>
    name !== null && isTime(typeOf(name))
      ? `epoch_us(${asTime(identifier(name), typeOf(name), true)})`
      : 'NULL::BIGINT';
  const { keys, features, knownByCreated, from, to, until } = request;
  const withoutKey = keys.map(({ column }) => `${identifier(column)} IS NULL`).join(' OR ');
  const withoutTime = knownByCreated ? `${TIME} IS NULL OR ${CREATED} IS NULL` : `${TIME} IS NULL`;
  const known = knownByCreated ? `greatest(${TIME}, ${CREATED})` : TIME;
  const outside = [...(from === null ? [] : [`${TIME} < ${from}`]), ...(to === null ? [] : [`${TIME} > ${to}`])].join(
    ' OR ',
  );
  const why = `CASE WHEN ${withoutKey} THEN 1 WHEN ${withoutTime} THEN 2 ${outside ? `WHEN ${outside} THEN 3` : ''} WHEN ${known} > ${until} THEN 4 ELSE 0 END`;
  const rows = `(SELECT *, ${why} AS ${WHY} FROM (SELECT *, ${instant(request.time)} AS ${TIME}, ${instant(request.created)} AS ${CREATED} FROM ${table.withPlaces}))`;

  const counted = await session.rows(`SELECT ${WHY} AS why, count(*) AS n FROM ${rows} GROUP BY 1`);
  const of = (place: number) => count(counted.find(({ why: found }) => count(found) === place)?.n);
  const selected = (part: TypedColumn, name: string) =>
    `${wire(part, typedValue(part.type, { type: typeOf(part.column) }, identifier(part.column), part.column))} AS ${name}`;
  const columns = [
    ...keys.map((part, index) => selected(part, `k${index}`)),
    `${TIME} AS t`,
    `${CREATED} AS c`,
    ...features.map((part, index) => selected(part, `f${index}`)),
  ];
  const newest = `row_number() OVER (PARTITION BY ${keys.map((_, index) => `k${index}`).join(', ')} ORDER BY t DESC, c DESC NULLS LAST, n DESC) = 1`;
  // In the order of keys, so far as that of values is theirs: an ordered store writes neighbours together.
  const result = await session.connection.stream(
    `SELECT * EXCLUDE (n) FROM (SELECT ${columns.join(', ')}, ${PLACE_IN_FILE} AS n FROM ${rows} WHERE ${WHY} = 0) QUALIFY ${newest} ORDER BY ${keys.map((_, index) => `k${index}`).join(', ')}`,
  );
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    signal.throwIfAborted();
    const found = chunk.getColumns();
    await take({
      rows: chunk.rowCount,
      keys: found.slice(0, keys.length).map(valuesIn),
      times: (found[keys.length] ?? []).map((value) => value as bigint),
      created: (found[keys.length + 1] ?? []).map((value) => value as bigint | null),
      features: found.slice(keys.length + 2).map(valuesIn),
    });
  }
  const [withoutKeys, withoutTimes, out, ahead, kept] = [1, 2, 3, 4, 0].map(of) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    rows: kept + withoutKeys + withoutTimes + out + ahead,
    ...{ withoutKey: withoutKeys, withoutTime: withoutTimes, outside: out, ahead },
  };
}

/** Times travel as microseconds, dates as days. */
function wire({ type }: TypedColumn, sql: string): string {
  if (type === 'timestamp') return `epoch_us(${sql})`;
  return type === 'date' ? `CAST(${sql} - DATE '1970-01-01' AS BIGINT)` : sql;
}

/** All are bigint, number, text, boolean or null: see {@link wire}. A NaN is one NaN, whatever its bits were. */
const valuesIn = (values: readonly DuckDBValue[]): OnlineValue[] =>
  values.map((value) => (typeof value === 'number' && Number.isNaN(value) ? Number.NaN : (value as OnlineValue)));
