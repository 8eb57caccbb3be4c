/** The newest row of each key: the newest event, then the newest `created`, then the last in the file. */
import type { SkippedRows } from '#contracts/materialize.ts';
import type { NewestRows, NewestRowsRequest } from '#ports/newest-rows.ts';
import type { Session } from '../host/session.ts';
import { type ParquetTable, PLACE_IN_FILE } from '../reading/parquet/table.ts';
import { CREATED, knownRows, TIME, valuesIn } from './known-rows.ts';

export async function newestRows(
  session: Session,
  table: ParquetTable,
  request: NewestRowsRequest,
  take: (batch: NewestRows) => Promise<void>,
  signal: AbortSignal,
): Promise<SkippedRows & { rows: number }> {
  const { keys, features } = request;
  const { known, value, skipped } = knownRows(session, table, request);
  const columns = [
    ...keys.map((part, index) => `${value(part)} AS k${index}`),
    `${TIME} AS t`,
    `${CREATED} AS c`,
    ...features.map((part, index) => `${value(part)} AS f${index}`),
  ];
  const ids = keys.map((_, index) => `k${index}`).join(', ');
  const newest = `row_number() OVER (PARTITION BY ${ids} ORDER BY t DESC, c DESC NULLS LAST, n DESC) = 1`;
  // In the order of keys, so far as that of values is theirs: an ordered store writes neighbours together.
  const result = await session.connection.stream(
    `SELECT * EXCLUDE (n) FROM (SELECT ${columns.join(', ')}, ${PLACE_IN_FILE} AS n FROM ${known}) QUALIFY ${newest} ORDER BY ${ids}`,
  );
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    signal.throwIfAborted();
    const found = chunk.getColumns();
    await take({
      rows: chunk.rowCount,
      keys: found.slice(0, keys.length).map(valuesIn),
      times: (found[keys.length] ?? []).map((time) => time as bigint),
      created: (found[keys.length + 1] ?? []).map((time) => time as bigint | null),
      features: found.slice(keys.length + 2).map(valuesIn),
    });
  }
  return skipped();
}
