/** Events of windows, each with its place among those that nothing tells apart: over all rows of the source, so that it is the same however it is cut into files. */
import type { WindowEvents, WindowEventsRequest } from '#ports/newest-rows.ts';
import type { Session } from '../host/session.ts';
import { type ParquetTable, PLACE_IN_FILE } from '../reading/parquet/table.ts';
import { CREATED, knownRows, TIME, valuesIn } from './known-rows.ts';

export async function windowEvents(
  session: Session,
  table: ParquetTable,
  request: WindowEventsRequest,
  take: (batch: WindowEvents) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  const { keys, columns, since } = request;
  const { known, value } = knownRows(session, table, request);
  const ids = keys.map((_, index) => `k${index}`);
  const values = columns.map((_, index) => `v${index}`);
  const selected = [
    ...keys.map((part, index) => `${value(part)} AS k${index}`),
    ...columns.map((part, index) => `${value(part)} AS v${index}`),
    ...[`${TIME} AS t`, `${CREATED} AS c`, `${PLACE_IN_FILE} AS n`],
  ];
  const alike = [...ids, 't', ...values].join(', ');
  // Of one key together and oldest first: as windows are kept.
  const result = await session.connection.stream(
    `SELECT * EXCLUDE (n), row_number() OVER (PARTITION BY ${alike} ORDER BY n) - 1 AS o
      FROM (SELECT ${selected.join(', ')} FROM ${known} WHERE ${TIME} > ${since}) ORDER BY ${ids.join(', ')}, t`,
  );
  let events = 0;
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    signal.throwIfAborted();
    const found = chunk.getColumns();
    const [times = [], created = [], ordinals = []] = found.slice(keys.length + columns.length);
    events += chunk.rowCount;
    await take({
      rows: chunk.rowCount,
      keys: found.slice(0, keys.length).map(valuesIn),
      values: found.slice(keys.length, keys.length + columns.length).map(valuesIn),
      times: times.map((time) => time as bigint),
      created: created.map((time) => time as bigint | null),
      ordinals: ordinals.map(Number),
    });
  }
  return events;
}
