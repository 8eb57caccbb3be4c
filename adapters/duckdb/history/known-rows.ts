/** Rows of a source that an online store is told of, and why the others are not. */
import type { DuckDBValue } from '@duckdb/node-api';
import type { SkippedRows } from '#contracts/materialize.ts';
import type { KnownRowsRequest, TypedColumn } from '#ports/newest-rows.ts';
import type { OnlineValue } from '#ports/online-row.ts';
import { count, type Session } from '../host/session.ts';
import type { ParquetTable } from '../reading/parquet/table.ts';
import { identifier } from '../sql.ts';
import { asTime, isTime } from '../timestamp.ts';
import { typedValue } from './typed-value.ts';

/** Beside the source's own columns, whatever they are called: µs since 1970, null where there is none. */
export const TIME = '"__ratchet_time"';
export const CREATED = '"__ratchet_created"';
const WHY = '"__ratchet_why"';
const reasons = { withoutKey: 1, withoutTime: 2, outside: 3, ahead: 4 } as const;

export interface KnownRows {
  /** SQL of them, with the source's columns, its places and the times. */
  readonly known: string;
  /** SQL of a column's values as they travel, by its declared type. */
  value(part: TypedColumn): string;
  skipped(): Promise<SkippedRows & { rows: number }>;
}

export function knownRows(session: Session, table: ParquetTable, request: KnownRowsRequest): KnownRows {
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
  const { keys, knownByCreated, from, to, until } = request;
  const withoutKey = keys.map(({ column }) => `${identifier(column)} IS NULL`).join(' OR ');
  const withoutTime = knownByCreated ? `${TIME} IS NULL OR ${CREATED} IS NULL` : `${TIME} IS NULL`;
  const known = knownByCreated ? `greatest(${TIME}, ${CREATED})` : TIME;
  const outside = [...(from === null ? [] : [`${TIME} < ${from}`]), ...(to === null ? [] : [`${TIME} > ${to}`])].join(
    ' OR ',
  );
  const why = `CASE WHEN ${withoutKey} THEN ${reasons.withoutKey} WHEN ${withoutTime} THEN ${reasons.withoutTime}
    ${outside ? `WHEN ${outside} THEN ${reasons.outside}` : ''} WHEN ${known} > ${until} THEN ${reasons.ahead} ELSE 0 END`;
  const rows = `(SELECT *, ${why} AS ${WHY} FROM (SELECT *, ${instant(request.time)} AS ${TIME}, ${instant(request.created)} AS ${CREATED} FROM ${table.withPlaces}))`;
  return {
    known: `(SELECT * FROM ${rows} WHERE ${WHY} = 0)`,
    value: (part) =>
      wire(part, typedValue(part.type, { type: typeOf(part.column) }, identifier(part.column), part.column)),
    skipped: async () => {
      const counted = await session.rows(`SELECT ${WHY} AS why, count(*) AS n FROM ${rows} GROUP BY 1`);
      const of = (place: number) => count(counted.find(({ why: found }) => count(found) === place)?.n);
      return {
        rows: counted.reduce((sum, { n }) => sum + count(n), 0),
        ...{ withoutKey: of(reasons.withoutKey), withoutTime: of(reasons.withoutTime) },
        ...{ outside: of(reasons.outside), ahead: of(reasons.ahead) },
      };
    },
  };
}

/** Times travel as microseconds, dates as days. */
function wire({ type }: TypedColumn, sql: string): string {
  if (type === 'timestamp') return `epoch_us(${sql})`;
  return type === 'date' ? `CAST(${sql} - DATE '1970-01-01' AS BIGINT)` : sql;
}

/** All are bigint, number, text, boolean or null: see {@link wire}. A NaN is one NaN, whatever its bits were. */
export const valuesIn = (values: readonly DuckDBValue[]): OnlineValue[] =>
  values.map((value) => (typeof value === 'number' && Number.isNaN(value) ? Number.NaN : (value as OnlineValue)));
